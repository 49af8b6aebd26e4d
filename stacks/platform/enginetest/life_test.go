package enginetest

import (
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/task-tracker/task-tracker/stacks/internal/offline"
	"github.com/task-tracker/task-tracker/stacks/platform"
)

// TestLife takes stacks through up, a second up, a refresh and a destroy. With everything switched on, the state is
// searched for secrets on the way.
func TestLife(t *testing.T) {
	t.Parallel()
	for _, stack := range []string{"everything", "prod", "dev"} {
		t.Run(stack, func(t *testing.T) {
			t.Parallel()
			o := offline.Options{Stack: stack}
			if stack == "everything" {
				o.Root = testdata
			}
			b := open(t, o)
			b.must(b.Up)
			b.noOrphans()
			b.quiet(b.Up)
			b.quiet(b.Refresh)
			b.quiet(b.Preview)
			b.noSecrets(stack == "everything")
			if err := b.Set(platform.ProtectionOff()); err != nil {
				t.Fatal(err)
			}
			b.must(b.Up)
			b.must(b.Destroy)
			if left := b.Cloud().Objects(); len(left) > 0 {
				t.Errorf("destroy left %d objects, the first is %s %s", len(left), left[0].Token, left[0].ID)
			}
			b.noSecrets(false)
		})
	}
}

// secretive are inputs that hold a secret, whether they were marked or not.
var secretive = map[string]bool{"secretString": true, "password": true, "masterPassword": true}

// secrets are the texts that must stand nowhere: what secrets hold, and the parts of those that are JSON.
func (b *bed) secrets() map[string]string {
	found := map[string]string{}
	for _, o := range b.Cloud().Objects() {
		for property, value := range o.In {
			text, ok := value.(string)
			if !ok || !secretive[property] && !slices.Contains(o.Secrets, property) {
				continue
			}
			found[text] = o.URN
			var parts map[string]any
			if json.Unmarshal([]byte(text), &parts) == nil {
				if password, ok := parts["password"].(string); ok {
					found[password] = o.URN
				}
				delete(found, text) // its other parts are no secrets; as a whole it is escaped in the state
			}
			if _, password, ok := strings.Cut(text, "://"); ok {
				_, password, _ = strings.Cut(password, ":")
				password, _, _ = strings.Cut(password, "@")
				found[password] = o.URN
			}
		}
	}
	return found
}

// noSecrets searches all that the engine wrote. Where some are there, it must find each of them encrypted.
func (b *bed) noSecrets(some bool) {
	b.t.Helper()
	secrets := b.secrets()
	if some && len(secrets) < 4 {
		b.t.Errorf("%d secrets in the account: there are the bootstrap secret, the application's login, the master's, the replica's URL", len(secrets))
	}
	files, encrypted := 0, 0
	state := os.DirFS(filepath.Join(b.dir, "state"))
	err := fs.WalkDir(state, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := fs.ReadFile(state, path)
		if err != nil {
			return err
		}
		files++
		encrypted += strings.Count(string(text), `"ciphertext":`)
		for secret, urn := range secrets {
			if len(secret) < 8 {
				b.t.Errorf("a secret of %d characters in %s can't be searched for", len(secret), urn)
			} else if strings.Contains(string(text), secret) {
				b.t.Errorf("the secret of %s stands in plain text in %s", urn, path)
			}
		}
		return nil
	})
	if err != nil {
		b.t.Fatal(err)
	}
	if files == 0 || some && encrypted < len(secrets) {
		b.t.Errorf("%d files with %d encrypted values: the state is not where it was looked for", files, encrypted)
	}
}
