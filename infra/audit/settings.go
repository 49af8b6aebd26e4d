package audit

import (
	"github.com/task-tracker/task-tracker/infra/fault"
)

// How a singleton of the account comes to be.
const (
	Create   = "create"   // this stack owns it
	Existing = "existing" // somebody else does; its findings are reported here
	Off      = "off"      // there is none, or nobody asks
)

// Settings are what is recorded and looked for.
type Settings struct {
	Trail          Trail          `json:"trail" doc:"CloudTrail: the record of every call to AWS."`
	GuardDuty      GuardDuty      `json:"guardDuty" doc:"GuardDuty: threats, seen in the logs of the account."`
	Config         Config         `json:"config" doc:"AWS Config: the history of every resource's configuration."`
	AccessAnalyzer AccessAnalyzer `json:"accessAnalyzer" doc:"IAM Access Analyzer: what is reachable from outside the account."`
	Inspector      Inspector      `json:"inspector" doc:"Inspector: known vulnerabilities in the images of ECR."`
}

// Trail is the stack's CloudTrail trail.
type Trail struct {
	Enabled    bool   `json:"enabled" default:"true" example:"false" doc:"Whether this stack has a trail. The first trail of an account is free, each further one records the management events again, for a price."`
	DataEvents string `json:"dataEvents" default:"All" enum:"All,WriteOnly,ReadOnly,None" example:"WriteOnly" doc:"Which calls on the objects of the application's bucket are recorded, at $0.10 for 100,000."`
}

// GuardDuty is the detector of the account in this region.
type GuardDuty struct {
	Mode              string   `json:"mode" default:"create" enum:"create,existing,off" example:"existing" doc:"Whether this stack creates the detector, uses the one that the account has in this region, or none."`
	Features          []string `json:"features" default:"S3_DATA_EVENTS,RDS_LOGIN_EVENTS" example:"S3_DATA_EVENTS,RDS_LOGIN_EVENTS,RUNTIME_MONITORING" enum:"S3_DATA_EVENTS,RDS_LOGIN_EVENTS,RUNTIME_MONITORING,EBS_MALWARE_PROTECTION,LAMBDA_NETWORK_LOGS" doc:"Plans that are on, where this stack creates the detector; the others are turned off. RUNTIME_MONITORING puts an agent of up to 128 MiB beside every task and an endpoint that GuardDuty owns into the VPC, which has to be deleted by hand before the VPC can be: raise service.memoryMiB with it."`
	MinimumSeverity   float64  `json:"minimumSeverity" default:"4" example:"7" doc:"Findings from this severity on go to the alert topic: 1 low, 4 medium, 7 high, 9 critical."`
	PublishingMinutes int      `json:"publishingMinutes" default:"15" unit:"min" enum:"15,60,360" example:"60" doc:"How often a finding that comes again is reported again."`
}

// Config is the configuration recorder of the account in this region.
type Config struct {
	Mode            string `json:"mode" default:"create" enum:"create,existing,off" example:"existing" doc:"Whether this stack creates the recorder and its delivery, the account has one in this region, or there is none."`
	Frequency       string `json:"frequency" default:"CONTINUOUS" enum:"CONTINUOUS,DAILY" example:"DAILY" doc:"Whether each change is recorded, at $0.003, or one state a day, at $0.012."`
	GlobalResources bool   `json:"globalResources" default:"true" example:"false" doc:"Whether IAM's resources are recorded, too. One region of an account should do it."`
}

// AccessAnalyzer is the external-access analyzer of the account in this region.
type AccessAnalyzer struct {
	Mode string `json:"mode" default:"create" enum:"create,existing,off" example:"existing" doc:"Whether this stack creates the analyzer, uses the one that the account has in this region, or none."`
}

// Inspector is the scan of the account's images in this region.
type Inspector struct {
	Mode string `json:"mode" default:"off" enum:"create,existing,off" example:"create" doc:"Whether this stack turns the scan of ECR images on, the account has it on, or it is off: the repository scans on push in any case. Turned on, it replaces that scan for all repositories of the account."`
}

// publishing is how AWS calls the minutes between two reports of a finding.
var publishing = map[int]string{15: "FIFTEEN_MINUTES", 60: "ONE_HOUR", 360: "SIX_HOURS"}

// Validate records what is wrong with the settings alone.
func (s Settings) Validate(f *fault.Set) {
	f.OneOf("trail.dataEvents", s.Trail.DataEvents, "All", "WriteOnly", "ReadOnly", "None")
	mode := func(path, value string) { f.OneOf(path+".mode", value, Create, Existing, Off) }
	mode("guardDuty", s.GuardDuty.Mode)
	mode("config", s.Config.Mode)
	mode("accessAnalyzer", s.AccessAnalyzer.Mode)
	mode("inspector", s.Inspector.Mode)

	g := f.At("guardDuty")
	seen := map[string]bool{}
	for _, feature := range s.GuardDuty.Features {
		g.OneOf("features", feature, features...)
		g.Require(!seen[feature], "features", "%q stands there twice; name it once", feature)
		seen[feature] = true
	}
	g.Require(s.GuardDuty.MinimumSeverity >= 0 && s.GuardDuty.MinimumSeverity <= 10, "minimumSeverity",
		"%g is not a severity, which are 0 to 10; set 4 for medium and above", s.GuardDuty.MinimumSeverity)
	_, known := publishing[s.GuardDuty.PublishingMinutes]
	g.Require(known, "publishingMinutes", "%d is none of 15, 60, 360, the intervals that GuardDuty knows", s.GuardDuty.PublishingMinutes)
	f.OneOf("config.frequency", s.Config.Frequency, "CONTINUOUS", "DAILY")
}
