package attachment_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/task-tracker/task-tracker/app/internal/apperr"
	"github.com/task-tracker/task-tracker/app/internal/attachment"
)

func TestValidate(t *testing.T) {
	t.Parallel()
	limits := attachment.Limits{MaxSize: 100, Types: []string{"image/*", " Application/PDF "}}
	sum := strings.Repeat("0a", 32)
	good := attachment.Draft{Filename: "plan.pdf", ContentType: "application/pdf", Size: 100, SHA256: sum}
	for name, c := range map[string]struct {
		change func(*attachment.Draft)
		want   string // pointer and code, empty where it is valid
	}{
		"good":               {func(*attachment.Draft) {}, ""},
		"one byte":           {func(d *attachment.Draft) { d.Size = 1 }, ""},
		"any image":          {func(d *attachment.Draft) { d.ContentType = "image/svg+xml" }, ""},
		"type in capitals":   {func(d *attachment.Draft) { d.ContentType = "IMAGE/PNG" }, ""},
		"name in Greek":      {func(d *attachment.Draft) { d.Filename = strings.Repeat("σ", 255) }, ""},
		"hidden file":        {func(d *attachment.Draft) { d.Filename = ".bashrc" }, ""},
		"empty":              {func(d *attachment.Draft) { d.Size = 0 }, "/size too_small"},
		"negative":           {func(d *attachment.Draft) { d.Size = -1 }, "/size too_small"},
		"too large":          {func(d *attachment.Draft) { d.Size = 101 }, "/size too_large"},
		"no name":            {func(d *attachment.Draft) { d.Filename = "" }, "/filename required"},
		"blank name":         {func(d *attachment.Draft) { d.Filename = " " }, "/filename required"},
		"long name":          {func(d *attachment.Draft) { d.Filename = strings.Repeat("σ", 256) }, "/filename too_long"},
		"path":               {func(d *attachment.Draft) { d.Filename = "a/b" }, "/filename invalid_character"},
		"path for Windows":   {func(d *attachment.Draft) { d.Filename = `a\b` }, "/filename invalid_character"},
		"parent":             {func(d *attachment.Draft) { d.Filename = ".." }, "/filename invalid"},
		"line break in name": {func(d *attachment.Draft) { d.Filename = "a\nb" }, "/filename invalid_character"},
		"broken UTF-8":       {func(d *attachment.Draft) { d.Filename = "a\xff" }, "/filename invalid_utf8"},
		"other type":         {func(d *attachment.Draft) { d.ContentType = "text/html" }, "/content_type not_allowed"},
		"like an image":      {func(d *attachment.Draft) { d.ContentType = "imagex/png" }, "/content_type not_allowed"},
		"no type":            {func(d *attachment.Draft) { d.ContentType = "" }, "/content_type invalid"},
		"half a type":        {func(d *attachment.Draft) { d.ContentType = "image/" }, "/content_type invalid"},
		"pattern as type":    {func(d *attachment.Draft) { d.ContentType = "image/*" }, "/content_type invalid"},
		"parameters":         {func(d *attachment.Draft) { d.ContentType = "image/png; x=y" }, "/content_type invalid"},
		"header injection":   {func(d *attachment.Draft) { d.ContentType = "image/png\r\nX: y" }, "/content_type invalid"},
		"line break behind":  {func(d *attachment.Draft) { d.ContentType = "image/png\n" }, "/content_type invalid"},
		"long type":          {func(d *attachment.Draft) { d.ContentType = "image/" + strings.Repeat("x", 122) }, "/content_type too_long"},
		"no checksum":        {func(d *attachment.Draft) { d.SHA256 = "" }, "/sha256 invalid"},
		"short checksum":     {func(d *attachment.Draft) { d.SHA256 = sum[2:] }, "/sha256 invalid"},
		"capital checksum":   {func(d *attachment.Draft) { d.SHA256 = strings.ToUpper(sum) }, "/sha256 invalid"},
		"no hex":             {func(d *attachment.Draft) { d.SHA256 = "zz" + sum[2:] }, "/sha256 invalid"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := good
			c.change(&d)
			got, err := limits.Validate(d)
			if c.want == "" {
				if err != nil || got.String() != sum {
					t.Errorf("%s, %v", got, err)
				}
				return
			}
			if !apperr.Is(err, apperr.ValidationFailed) {
				t.Fatalf("error %v", err)
			}
			fields := apperr.From(err).Fields
			if len(fields) != 1 || fields[0].Pointer+" "+fields[0].Code != c.want {
				t.Errorf("%v, want %s", fields, c.want)
			}
		})
	}
	if _, err := (attachment.Limits{MaxSize: 100, Types: []string{"*/*"}}).Validate(attachment.Draft{
		Filename: "x", ContentType: "text/html", Size: 1, SHA256: sum,
	}); err != nil {
		t.Errorf("any type: %v", err)
	}
}

// An attachment is kept as JSON beside its idempotency key, so nothing may be lost on the way.
func TestAttachmentSurvivesJSON(t *testing.T) {
	t.Parallel()
	want := attachment.Attachment{Filename: "x", State: attachment.StateReserved, SHA256: attachment.Sum{1, 2, 0xff}}
	text, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	var got attachment.Attachment
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
