package platform

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/task-tracker/task-tracker/infra/access"
	"github.com/task-tracker/task-tracker/infra/audit"
	"github.com/task-tracker/task-tracker/infra/backup"
	"github.com/task-tracker/task-tracker/infra/cost"
	"github.com/task-tracker/task-tracker/infra/database"
	"github.com/task-tracker/task-tracker/infra/edge"
	"github.com/task-tracker/task-tracker/infra/fault"
	"github.com/task-tracker/task-tracker/infra/foundation"
	"github.com/task-tracker/task-tracker/infra/image"
	"github.com/task-tracker/task-tracker/infra/network"
	"github.com/task-tracker/task-tracker/infra/observability"
	"github.com/task-tracker/task-tracker/infra/place"
	"github.com/task-tracker/task-tracker/infra/service"
	"github.com/task-tracker/task-tracker/infra/storage"
	"github.com/task-tracker/task-tracker/stacks/internal/strict"
)

//go:generate sh -c "go run ../cmd/settings > ../README.md.new && mv ../README.md.new ../README.md"

// Config is all that a stack can set: one object, `task-tracker:platform` of Pulumi.<stack>.yaml. What each component can
// set is its own Settings; the rules across components are in rules.go.
type Config struct {
	Environment      string            `json:"environment" example:"dev" doc:"What the stack is for: lower-case letters and digits, at most 12. It is part of physical names and a tag. Set once: another environment is another stack."`
	Region           string            `json:"region" default:"us-east-1" example:"eu-central-1" doc:"AWS region of the stack. Set once: another region is another stack."`
	HomeRegion       string            `json:"homeRegion" default:"us-east-1" example:"eu-central-1" doc:"Region in which an environment with plainNames keeps plain names."`
	PlainNames       bool              `json:"plainNames" default:"false" doc:"Names without environment and region (task-tracker-app-data-…) in the home region. For one environment of an account only. Set once."`
	Account          string            `json:"account" example:"123456789012" doc:"The only account that the stack may be deployed to; empty: that of the credentials."`
	RecoveryRegion   string            `json:"recoveryRegion" example:"us-west-2" doc:"Second region for copies of the database's backups, the bucket and the vault; empty: none."`
	Production       bool              `json:"production" default:"false" doc:"Demands protection: the database, the load balancer and the stack's data cannot be deleted by accident."`
	AllowUnprotected bool              `json:"allowUnprotected" default:"false" doc:"States that a production stack shall do without deletion protection, as before it is destroyed."`
	CorsOrigins      []string          `json:"corsOrigins" example:"https://app.example.com" doc:"Web origins that may call the API and upload to the bucket from a browser."`
	Tags             map[string]string `json:"tags" doc:"Tags of every resource, over Project, Environment and ManagedBy."`

	Foundation    foundation.Settings    `json:"foundation"`
	Network       network.Settings       `json:"network"`
	Edge          edge.Settings          `json:"edge"`
	Image         image.Settings         `json:"image"`
	Service       service.Settings       `json:"service"`
	Database      database.Settings      `json:"database"`
	Storage       storage.Settings       `json:"storage"`
	Audit         audit.Settings         `json:"audit"`
	Backup        backup.Settings        `json:"backup"`
	Access        access.Settings        `json:"access"`
	Observability observability.Settings `json:"observability"`
	Cost          cost.Settings          `json:"cost"`
}

var (
	environmentPattern = regexp.MustCompile(`^[a-z][a-z0-9]{0,11}$`)
	regionPattern      = regexp.MustCompile(`^[a-z]{2}(-[a-z]+)+-[0-9]$`)
	accountPattern     = regexp.MustCompile(`^[0-9]{12}$`)
)

// Read returns the settings in text, a JSON object, or all that is wrong with it.
func Read(text string) (Config, error) {
	var (
		c      Config
		faults fault.Set
	)
	at := faults.At("task-tracker:platform")
	strict.Decode(text, &c, at)
	if len(faults.Faults()) == 0 || strings.TrimSpace(text) != "" {
		c.validate(at)
	}
	if err := faults.Err(); err != nil {
		return c, fmt.Errorf("the stack's settings are wrong; nothing was changed:\n%w", err)
	}
	return c, nil
}

// validate adds what is wrong with one setting, then what is wrong between them.
func (c Config) validate(f *fault.Set) {
	f.Require(environmentPattern.MatchString(c.Environment), "environment",
		"%q must be 1 to 12 lower-case letters and digits, a letter first; set dev, prod or the like", c.Environment)
	f.Require(regionPattern.MatchString(c.Region), "region", "%q is no AWS region; set us-east-1 or the like", c.Region)
	f.Require(regionPattern.MatchString(c.HomeRegion), "homeRegion", "%q is no AWS region; set us-east-1 or the like", c.HomeRegion)
	f.Require(c.Account == "" || accountPattern.MatchString(c.Account), "account",
		"%q is no AWS account; set its 12 digits in quotes, or leave it out", c.Account)
	c.Foundation.Validate(f.At("foundation"))
	c.Network.Validate(f.At("network"))
	c.Edge.Validate(f.At("edge"))
	c.Image.Validate(f.At("image"))
	c.Service.Validate(f.At("service"))
	c.Database.Validate(f.At("database"))
	c.Storage.Validate(f.At("storage"))
	c.Audit.Validate(f.At("audit"))
	c.Backup.Validate(f.At("backup"))
	c.Access.Validate(f.At("access"))
	c.Observability.Validate(f.At("observability"))
	c.Cost.Validate(f.At("cost"))
	c.rules(f)
}

// scope is where the stack lives. Plain names are for the home of one environment; all others carry environment and region.
func (c Config) scope(account string) place.Scope {
	prefix := "task-tracker"
	if !c.PlainNames || c.Region != c.HomeRegion {
		prefix += "-" + c.Environment + "-" + c.Region
	}
	return place.Scope{NamePrefix: prefix, Account: account, Region: c.Region, Partition: place.Partition(c.Region)}
}

// tags are on every resource, through the provider.
func (c Config) tags() map[string]string {
	all := map[string]string{"Project": "task-tracker", "Environment": c.Environment, "ManagedBy": "pulumi"}
	for k, v := range c.Tags {
		all[k] = v
	}
	return all
}

// Documentation returns stacks/README.md.
func Documentation() string {
	return `<!-- Code generated from the settings' Go types by cmd/settings; DO NOT EDIT. Regenerate with make generate. -->
# Settings of a stack

A stack has one setting, the object ` + "`task-tracker:platform`" + ` in its ` + "`Pulumi.<stack>.yaml`" + `:

` + "```yaml" + `
config:
  task-tracker:platform:
    environment: dev
    database:
      instanceClass: db.t3.micro
      multiAz: false
` + "```" + `

Unknown keys, wrong types and values that break a rule are errors, all reported at once with the setting's path, before
any resource is touched. A setting that is left out has its default; the defaults are what production should have.

` + strict.Table(strict.Settings(Config{}))
}
