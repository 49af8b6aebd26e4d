package foundation

import (
	"fmt"
	"net/mail"
	"slices"
	"strings"

	"github.com/task-tracker/task-tracker/infra/fault"
)

// Settings are what a platform engineer decides about the foundation.
type Settings struct {
	AlertEmails        []string `json:"alertEmails" example:"oncall@example.com" doc:"Addresses that alerts are mailed to. Each has to confirm a mail from AWS once; until then it gets nothing."`
	AppLogDays         int      `json:"appLogDays" default:"30" unit:"days" example:"90" doc:"How long the application's log lines are kept. CloudWatch Logs takes 1, 3, 5, 7, 14, 30, 60, 90 and some longer times."`
	AuditLogDays       int      `json:"auditLogDays" default:"365" unit:"days" example:"731" doc:"How long flow logs, firewall logs and the trail's log lines are kept in CloudWatch Logs."`
	LogBucketDays      int      `json:"logBucketDays" default:"365" unit:"days" example:"90" doc:"How long access logs and the trail's files are kept in the log bucket."`
	KeyDeletionDays    int      `json:"keyDeletionDays" default:"30" unit:"days" example:"7" doc:"How long a deleted key can still be brought back, with all that it encrypts. AWS takes 7 to 30."`
	DeletionProtection bool     `json:"deletionProtection" default:"true" doc:"Keeps the engine from deleting the keys and the log bucket."`
	ForceDestroy       bool     `json:"forceDestroy" default:"false" doc:"Lets the log bucket be deleted with the logs in it. Without it a log bucket that is not empty stops a destroy."`
}

// retentions are the days that CloudWatch Logs can keep a group for.
// Source: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html.
var retentions = []int{1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653}

// Validate records what is wrong with the settings; paths are relative to the component.
func (s Settings) Validate(f *fault.Set) {
	for i, email := range s.AlertEmails {
		path := fmt.Sprintf("alertEmails[%d]", i)
		parsed, err := mail.ParseAddress(email)
		f.Require(err == nil && parsed.Address == email, path, "%q is no mail address; write it plainly, like oncall@example.com", email)
		f.Require(slices.Index(s.AlertEmails, email) == i, path, "%q is there twice, and a topic keeps an address once; remove one", email)
	}
	validRetention(f, "appLogDays", s.AppLogDays)
	validRetention(f, "auditLogDays", s.AuditLogDays)
	f.Within("logBucketDays", s.LogBucketDays, 1, 3653, "the days that logs may be kept")
	f.Within("keyDeletionDays", s.KeyDeletionDays, 7, 30, "the waiting time that KMS allows")
	f.Require(!s.DeletionProtection || !s.ForceDestroy, "forceDestroy",
		"true contradicts deletionProtection: true, which keeps the log bucket; set one of them to false")
}

func validRetention(f *fault.Set, path string, days int) {
	if slices.Contains(retentions, days) {
		return
	}
	after := slices.IndexFunc(retentions, func(r int) bool { return r > days })
	way := "set " + fmt.Sprint(retentions[len(retentions)-1])
	switch {
	case after == 0:
		way = "set 1 or more"
	case after > 0:
		way = fmt.Sprintf("set %d or %d", retentions[after-1], retentions[after])
	}
	all := strings.Trim(strings.ReplaceAll(fmt.Sprint(retentions), " ", ", "), "[]")
	f.Add(path, "%d is no time that CloudWatch Logs keeps a group for (%s); %s", days, all, way)
}
