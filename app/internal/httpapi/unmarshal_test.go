package httpapi

import (
	"encoding/json"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/oapi-codegen/nullable"
	"pgregory.net/rapid"

	"github.com/task-tracker/task-tracker/app/api"
	"github.com/task-tracker/task-tracker/app/internal/apperr"
)

func TestParseInteger(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int64{
		"0": 0, "-0": 0, "0.0": 0, "-0.000": 0, "0e999999999999": 0, "0.0e-999999999999": 0, "3": 3, "3.0": 3, "-3.00": -3, "1e2": 100, "1E+2": 100,
		"30e-1": 3, "0.3e1": 3, "0.0003e4": 3, "1.5e1": 15, "9007199254740993": 9007199254740993, "9007199254740993.0": 9007199254740993,
		"9.007199254740993e15": 9007199254740993, "9223372036854775807.0": 1<<63 - 1, "-9223372036854775808.0": -1 << 63, "-9223372036854775.808e3": -1 << 63,
		"1e18": 1e18, "100000000000000000000e-20": 1, "0." + strings.Repeat("0", 500) + "7e501": 7, "7" + strings.Repeat("0", 500) + "e-500": 7,
	} {
		if got, err := parseInteger([]byte(text)); err != nil || got != want {
			t.Errorf("%.60s: %d, %v; want %d", text, got, err, want)
		}
	}
	for _, text := range []string{
		"3.5", "1e-1", "-0.1", "0.30e0", "9007199254740993.1", "9223372036854775808", "9223372036854775808.0", "-9223372036854775809.0", "1e19", "1e400", "1e99999999999999999999",
		"1e-99999999999999999999", "123456789012345678901234567890",
	} {
		if got, err := parseInteger([]byte(text)); err == nil {
			t.Errorf("%s: %d, want an error", text, got)
		}
	}
}

// Any decimal number is an integer exactly where exact arithmetic says so, and has the same value.
func TestParseIntegerIsExact(t *testing.T) {
	t.Parallel()
	text := rapid.StringMatching(`-?(0|[1-9][0-9]{0,20})(\.[0-9]{1,21}|\.0{1,5})?([eE][+-]?[0-9]{1,2})?`)
	rapid.Check(t, func(t *rapid.T) {
		number := text.Draw(t, "number")
		exact, ok := new(big.Rat).SetString(number)
		if !ok || !json.Valid([]byte(number)) {
			t.Fatalf("%s is no number", number)
		}
		got, err := parseInteger([]byte(number))
		if want := exact.IsInt() && exact.Num().IsInt64(); want != (err == nil) || want && got != exact.Num().Int64() {
			t.Fatalf("%s: %d, %v; exactly %s", number, got, err, exact)
		}
	})
}

func TestDecodeIntegers(t *testing.T) {
	t.Parallel()
	type whole struct {
		Plain    int64                    `json:"plain"`
		Small    int                      `json:"small"`
		Optional *int64                   `json:"optional,omitempty"`
		Nullable nullable.Nullable[int64] `json:"nullable,omitempty"`
		List     []int64                  `json:"list"`
	}
	got, err := decode[whole](request(`{"plain":9007199254740993.0,"small":1e2,"optional":-3.0,"nullable":30e-1,"list":[1.0,2,3e0]}`))
	if err != nil {
		t.Fatal(err)
	}
	minus := int64(-3)
	want := whole{Plain: 9007199254740993, Small: 100, Optional: &minus, Nullable: nullable.NewNullableWithValue[int64](3), List: []int64{1, 2, 3}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error("(-want +got):\n", diff)
	}
	if got, err := decode[whole](request(`{"nullable":null}`)); err != nil || !got.Nullable.IsNull() {
		t.Errorf("null: %+v, %v", got, err)
	}
	for body, pointer := range map[string]string{
		`{"plain":3.5}`: "/plain", `{"plain":"3"}`: "/plain", `{"plain":null}`: "/plain", `{"plain":true}`: "/plain", `{"small":1e19}`: "/small",
		`{"optional":0.1}`: "/optional", `{"optional":[3]}`: "/optional", `{"nullable":3.5}`: "/nullable", `{"nullable":"3"}`: "/nullable",
		`{"nullable":1e400}`: "/nullable", `{"list":[1,2.5]}`: "/list/1", `{"list":[null]}`: "/list/0",
	} {
		_, err := decode[whole](request(body))
		e := apperr.From(err)
		if e.Code != apperr.InvalidType || len(e.Fields) != 1 || e.Fields[0].Pointer != pointer || !strings.Contains(e.Fields[0].Message, "integer") {
			t.Errorf("%s: %v", body, err)
		}
	}
	if _, err := decode[whole](request(`{"plain":3.}`)); !apperr.Is(err, apperr.MalformedBody) {
		t.Errorf("no JSON: %v", err)
	}
}

// What the decoder cannot tell from a value is missed: an id, an object. A text, a number or a list is the domain's to miss.
func TestDecodeMissesWhatIsRequired(t *testing.T) {
	t.Parallel()
	type inner struct {
		Title string `json:"title"`
	}
	type outer struct {
		ID       uuid.UUID  `json:"id"`
		Task     inner      `json:"task"`
		Title    string     `json:"title"`
		Size     int64      `json:"size"`
		At       time.Time  `json:"at"`
		Optional *uuid.UUID `json:"optional,omitempty"`
	}
	for body, want := range map[string]string{
		`{}`: "/id /task", `{"id":"01900000-0000-7000-8000-000000000002"}`: "/task", `{"task":{}}`: "/id",
		`{"id":"00000000-0000-0000-0000-000000000000","task":{"title":"x"}}`: "",
	} {
		_, err := decode[outer](request(body))
		var got []string
		if err != nil {
			for _, f := range apperr.From(err).Fields {
				if f.Code != "required" {
					t.Errorf("%s: %v", body, f)
				}
				got = append(got, f.Pointer)
			}
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s: misses %q, want %q", body, got, want)
		}
	}
}

// BenchmarkDecode is what it costs to read the body of a new task.
func BenchmarkDecode(b *testing.B) {
	body := []byte(`{"title":"Rotate the keys","description":"All of them.","priority":"high","estimate":3,"position":1048576}`)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := decodeBytes[api.TaskCreate](body); err != nil {
			b.Fatal(err)
		}
	}
}
