package awssim

import (
	"strings"
	"time"
)

// Leftover is what an object leaves in the account when it is deleted: nothing that a program manages, but its name is taken.
type Leftover struct {
	Token  string    // what it is: aws:secretsmanager/secret:Secret, aws:rds/snapshot:Snapshot
	Name   string    // the name that is taken
	Region string    // where it is taken
	Of     string    // the ID of the object that was deleted
	Until  time.Time // when the name is free again; zero: never by itself
}

// secretRecoveryDays is how long a deleted secret can be restored where nothing is said.
// Source: https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_DeleteSecret.html.
const secretRecoveryDays = 30

// leave notes what remains of an object that is deleted. The bucket names, aliases and role names of what is deleted are
// free at once.
func (w *world) leave(o *Object) {
	l := Leftover{Token: o.Token, Name: text(o, "name"), Region: o.Region, Of: o.ID}
	switch o.Token {
	case tSecret:
		days := secretRecoveryDays
		if text(o, "recoveryWindowInDays") != "" {
			days = int(number(o, "recoveryWindowInDays"))
		}
		if days == 0 {
			return
		}
		l.Until = w.now().AddDate(0, 0, days)
	case tDatabase:
		l.Token, l.Name = tSnapshot, strings.ToLower(text(o, "finalSnapshotIdentifier"))
		if truthy(o, "skipFinalSnapshot") || l.Name == "" || text(o, "replicateSourceDb") != "" {
			return
		}
	default:
		return
	}
	w.left = append(w.left, l)
}

func (w *world) Left(token, name, region string) *Leftover {
	for i := range w.left {
		l := &w.left[i]
		expired := !l.Until.IsZero() && !w.now().Before(l.Until)
		if l.Token == token && l.Name == name && (region == "" || l.Region == region) && !expired {
			return l
		}
	}
	return nil
}

// secretName refuses a name that a deleted secret still has.
func secretName(w World, obj, old *Object) error {
	name := text(obj, "name")
	left := w.Left(tSecret, name, obj.Region)
	if old != nil || left == nil {
		return nil
	}
	return refuse("InvalidRequestException", "name", name,
		"is taken until %s: you can't create this secret because a secret with this name is already scheduled for deletion; "+
			"restore that one, delete it without recovery, or choose another name (namePrefix draws one)", left.Until.UTC().Format(time.DateOnly))
}

func secretRecovery(_ World, obj, _ *Object) error {
	days := number(&Object{In: obj.In}, "recoveryWindowInDays")
	if days != 0 && (days < 7 || days > 30) {
		return refuse("InvalidParameterException", "recoveryWindowInDays", days, "is neither 0 nor between 7 and 30 days; choose such a time")
	}
	return nil
}
