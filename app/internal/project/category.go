package project

import (
	"fmt"
	"slices"
)

// Category is what a status means, whatever it is called: reports and filters go by it.
type Category string

// The categories, in the order in which work passes through them.
const (
	CategoryBacklog    Category = "backlog"
	CategoryTodo       Category = "todo"
	CategoryInProgress Category = "in_progress"
	CategoryDone       Category = "done"
	CategoryCancelled  Category = "cancelled"
)

// Categories lists the categories in order.
func Categories() []Category {
	return []Category{CategoryBacklog, CategoryTodo, CategoryInProgress, CategoryDone, CategoryCancelled}
}

// Valid reports whether c is a known category.
func (c Category) Valid() bool { return slices.Contains(Categories(), c) }

// Number is the category as the database keeps it: 1 backlog to 5 cancelled; 0 for an unknown one.
func (c Category) Number() int { return slices.Index(Categories(), c) + 1 }

// CategoryOf is the reverse of [Category.Number].
func CategoryOf(number int) (Category, error) {
	if number < 1 || number > len(Categories()) {
		return "", fmt.Errorf("category number %d is not one of 1 to %d", number, len(Categories()))
	}
	return Categories()[number-1], nil
}
