package e2e

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	goclient "github.com/task-tracker/task-tracker/app/client"
	"github.com/task-tracker/task-tracker/app/internal/blob/s3test"
	"github.com/task-tracker/task-tracker/app/internal/store"
	"github.com/task-tracker/task-tracker/app/internal/testdb"
)

// reserveFile keeps a place for a text file on a task.
func (d desk) reserveFile(task, content string) *response {
	d.t.Helper()
	sum := sha256.Sum256([]byte(content))
	return d.post("/v1/tasks/"+task+"/attachments", object{
		"filename": "plan.txt", "content_type": "text/plain", "size": len(content), "sha256": hex.EncodeToString(sum[:]),
	}).want(http.StatusCreated)
}

// put sends bytes as a reservation on disk says.
func (d desk) put(reservation *response, content string) *response {
	d.t.Helper()
	return newClient(d.t, d.base, "").do(http.MethodPut, reservation.str("upload", "url"), raw{"text/plain", content})
}

// attachFile puts a file on a task and gives its path and a link to its bytes.
func (d desk) attachFile(task, content string) (path, link string) {
	d.t.Helper()
	reservation := d.reserveFile(task, content)
	d.put(reservation, content).want(http.StatusNoContent)
	path = reservation.location()
	d.post(path+"/confirm", nil).want(http.StatusOK)
	return path, d.get(path + "/download").want(http.StatusFound).location()
}

// TestLinksEndWithTheAttachment deletes what a link leads to, itself or with its task: the link ends at once.
func TestLinksEndWithTheAttachment(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, engine store.Engine) {
		s := start(t, options{engine: engine})
		d := newDesk(s)
		part := set("Range", "bytes=4-7")
		serves := func(link string) {
			t.Helper()
			if whole := s.anonymous().get(link).want(http.StatusOK); string(whole.body) != "the plan" {
				t.Errorf("%s", whole)
			}
			if got := s.anonymous().get(link, part).want(http.StatusPartialContent); string(got.body) != "plan" {
				t.Errorf("a part: %s", got)
			}
			if head := s.anonymous().do(http.MethodHead, link, nil).want(http.StatusOK); head.header.Get("Content-Length") != "8" {
				t.Errorf("HEAD: %v", head.header)
			}
		}
		ended := func(link string) {
			t.Helper()
			s.anonymous().get(link).problem(http.StatusNotFound, "not_found")
			s.anonymous().get(link, part).problem(http.StatusNotFound, "not_found")
			s.anonymous().do(http.MethodHead, link, nil).want(http.StatusNotFound)
		}
		task := d.post(d.tasksPath(), object{"title": "with files"}).want(http.StatusCreated).str("id")
		first, firstLink := d.attachFile(task, "the plan")
		_, secondLink := d.attachFile(task, "the plan")
		reserved, forgotten := d.reserveFile(task, "the plan"), d.reserveFile(task, "the plan")
		serves(firstLink)
		d.delete(first).want(http.StatusNoContent)
		ended(firstLink)
		serves(secondLink)

		d.delete(reserved.location()).want(http.StatusNoContent)
		d.put(reserved, "the plan").problem(http.StatusNotFound, "not_found")

		d.delete("/v1/tasks/" + task).want(http.StatusNoContent)
		ended(secondLink)
		d.put(forgotten, "the plan").problem(http.StatusNotFound, "not_found")
	})
}

// TestUploadAndConfirmSayWhatHappened goes wrong in each way that an upload can.
func TestUploadAndConfirmSayWhatHappened(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, engine store.Engine) {
		d := newDesk(start(t, options{engine: engine}))
		task := d.post(d.tasksPath(), object{"title": "with a file"}).want(http.StatusCreated).str("id")
		reservation := d.reserveFile(task, "the plan")
		confirm := reservation.location() + "/confirm"
		until, err := time.Parse(time.RFC3339, reservation.str("upload", "expires_at"))
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			got := d.post(confirm, nil).problem(http.StatusConflict, "conflict").str("detail")
			if !strings.Contains(got, "Nothing has arrived yet") || !strings.Contains(got, "until "+until.UTC().Format(time.RFC3339)) {
				t.Errorf("detail %q, want when the upload may begin", got)
			}
			d.put(reservation, "the plot").problem(http.StatusUnprocessableEntity, "validation_failed")
		}
		d.put(reservation, "the plan").want(http.StatusNoContent)
		d.put(reservation, "the plan").want(http.StatusNoContent) // a client that missed the response
		d.post(confirm, nil).want(http.StatusOK)
		d.put(reservation, "the plan").problem(http.StatusConflict, "conflict")
	})
}

// TestLinksWithoutTheDatabase follows links while nobody can say whether they still hold: 503, and not the bytes.
func TestLinksWithoutTheDatabase(t *testing.T) {
	t.Parallel()
	database, w := through(t, testdb.URL(t, store.MySQL))
	s := start(t, options{engine: store.MySQL, database: database})
	d := newDesk(s)
	task := d.post(d.tasksPath(), object{"title": "with files"}).want(http.StatusCreated).str("id")
	_, link := d.attachFile(task, "the plan")
	reserved := d.reserveFile(task, "the plan")
	w.down()
	s.anonymous().get(link).problem(http.StatusServiceUnavailable, "unavailable")
	d.put(reserved, "the plan").problem(http.StatusServiceUnavailable, "unavailable")
	w.up()
	s.waitReady(startTimeout)
	d.put(reserved, "the plan").want(http.StatusNoContent)
	d.get("/v1/tasks/" + task + "/attachments").want(http.StatusOK)
}

// TestAttachmentsInS3 uses the Go client on a real S3 server, with both ways of uploading to it.
func TestAttachmentsInS3(t *testing.T) {
	t.Parallel()
	binary := s3test.Binary(t)
	bucketServer, err := s3test.Start(binary)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(bucketServer.Stop)
	each(t, func(t *testing.T, engine store.Engine) {
		for way, method := range map[string]string{"upload=post": http.MethodPost, "upload=put": http.MethodPut, "upload=": http.MethodPost} {
			env := []string{"TASKTRACKER_BLOB_URL=" + strings.TrimSuffix(bucketServer.URL(bucketServer.Bucket(t), way), "&upload=")}
			for name, value := range s3test.Environ() {
				env = append(env, name+"="+value)
			}
			s := start(t, options{engine: engine, env: env})
			d := newDesk(s)
			task := d.post(d.tasksPath(), object{"title": "with a file"}).want(http.StatusCreated).str("id")
			c, err := goclient.New(s.url, d.token)
			if err != nil {
				t.Fatal(err)
			}
			id := uuid.MustParse(task)

			reservation := d.reserveFile(task, "the plan")
			if got := reservation.str("upload", "method"); got != method {
				t.Errorf("%s: method %s, want %s", way, got, method)
			}
			attached := reservation.location()
			d.post(attached+"/confirm", nil).problem(http.StatusConflict, "conflict")
			up := goclient.Upload{Method: method, URL: reservation.str("upload", "url"), Headers: texts(reservation, "headers"), Fields: texts(reservation, "fields")}
			if err := c.Upload(t.Context(), up, strings.NewReader("the plot"), 8); err == nil {
				t.Errorf("%s: other bytes were taken", way)
			}
			d.post(attached+"/confirm", nil).problem(http.StatusConflict, "conflict")

			a, err := c.Attach(t.Context(), id, "plan.txt", "text/plain", strings.NewReader("the plan"))
			if err != nil || a.State != "ready" || a.Size != 8 {
				t.Fatalf("%s: %+v, %v", way, a, err)
			}
			body, err := c.Download(t.Context(), a.ID)
			if err != nil {
				t.Fatalf("%s: %v", way, err)
			}
			if got, err := io.ReadAll(body); err != nil || string(got) != "the plan" {
				t.Errorf("%s: downloaded %q, %v", way, got, err)
			}
			_ = body.Close()
			link, err := url.Parse(d.get("/v1/attachments/" + a.ID.String() + "/download").want(http.StatusFound).location())
			if err != nil {
				t.Fatal(err)
			}
			if seconds, err := strconv.Atoi(link.Query().Get("X-Amz-Expires")); err != nil || seconds > 60 {
				t.Errorf("%s: a link that nobody can take back works for %d seconds, %v", way, seconds, err)
			}
			d.delete("/v1/attachments/" + a.ID.String()).want(http.StatusNoContent)
			d.get("/v1/attachments/"+a.ID.String()+"/download").problem(http.StatusNotFound, "not_found")
		}
	})
}

func texts(reservation *response, name string) map[string]string {
	out := map[string]string{}
	for key, value := range reservation.value("upload", name).(object) {
		out[key], _ = value.(string)
	}
	return out
}
