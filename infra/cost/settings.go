package cost

import (
	"net/mail"
	"strings"

	"github.com/task-tracker/task-tracker/infra/fault"
)

// How the anomaly monitor comes to be.
const (
	Create   = "create"   // this stack owns it
	Existing = "existing" // the account has it, and this stack subscribes to it
	Off      = "off"
)

// Settings are the budget and who hears of it.
type Settings struct {
	MonthlyUSD      float64  `json:"monthlyUSD" default:"400" unit:"USD" example:"80" doc:"Budget for a month. README.md says roughly what a stack costs."`
	AlertPercent    float64  `json:"alertPercent" default:"80" unit:"%" example:"50" doc:"Share of the budget that, once spent, is reported."`
	ForecastPercent float64  `json:"forecastPercent" default:"100" unit:"%" example:"120" doc:"Share of the budget that, once the month is forecast to cost it, is reported. Spending all of it is reported in any case."`
	FilterTag       string   `json:"filterTag" default:"" example:"Environment" doc:"Key of a cost-allocation tag: the budget then counts what carries it with filterValue. Empty: the whole account. A tag counts from the day that billing knows it; see allocationTags."`
	FilterValue     string   `json:"filterValue" default:"" example:"prod" doc:"Value of filterTag that the budget counts."`
	Emails          []string `json:"emails" default:"" example:"platform@example.com" doc:"Addresses that hear of the budget and of anomalies, besides the alert topic. At most ten."`
	AllocationTags  []string `json:"allocationTags" default:"" example:"Project,Environment" doc:"Tags that bills are split by. Only the account that pays can set them, and only a day after the first resource carries the tag, so a new account starts without."`
	Anomalies       Anomaly  `json:"anomalies" doc:"Cost Anomaly Detection."`
}

// Anomaly is the detection of unusual costs.
type Anomaly struct {
	Mode       string  `json:"mode" default:"create" enum:"create,existing,off" example:"existing" doc:"Whether this stack creates the monitor of all services, subscribes to the one that the account has (AWS allows one of this kind, and gives new accounts one), or neither."`
	MonitorArn string  `json:"monitorArn" default:"" example:"arn:aws:ce::123456789012:anomalymonitor/0f4f0e8a-5f3b-4f0e-9a55-1c2d3e4f5a6b" doc:"ARN of the account's monitor, with mode existing: aws ce get-anomaly-monitors shows it."`
	ImpactUSD  float64 `json:"impactUSD" default:"20" unit:"USD" example:"5" doc:"Anomalies that cost this much in all are reported."`
}

// Validate records what is wrong with the settings alone.
func (s Settings) Validate(f *fault.Set) {
	f.Require(s.MonthlyUSD > 0 && s.MonthlyUSD <= 10_000_000, "monthlyUSD",
		"%g is no budget, which are above 0 and up to 10000000 dollars; set what a month may cost", s.MonthlyUSD)
	share := func(path string, percent float64) {
		f.Require(percent > 0 && percent <= 1000, path, "%g is not a share above 0 and up to 1000; set a percentage such as 80", percent)
	}
	share("alertPercent", s.AlertPercent)
	share("forecastPercent", s.ForecastPercent)
	f.Require((s.FilterTag == "") == (s.FilterValue == ""), "filterTag",
		"%q goes with filterValue %q: one says nothing without the other; set both or neither", s.FilterTag, s.FilterValue)
	f.Require(!strings.Contains(s.FilterTag, "$"), "filterTag", "%q has a $, which AWS puts between key and value; use another tag", s.FilterTag)
	f.Require(len(s.Emails) <= 10, "emails", "%d addresses are more than the ten that a budget notifies; use a mailing list", len(s.Emails))
	for _, address := range s.Emails {
		at, err := mail.ParseAddress(address)
		f.Require(err == nil && at.Address == address, "emails", "%q is not an address; write it as platform@example.com", address)
	}
	for _, tag := range s.AllocationTags {
		f.Require(tag != "" && !strings.HasPrefix(tag, "aws:"), "allocationTags", "%q is not a tag of ours; name the key of a default tag", tag)
	}
	a := f.At("anomalies")
	a.OneOf("mode", s.Anomalies.Mode, Create, Existing, Off)
	a.Require(s.Anomalies.ImpactUSD > 0, "impactUSD", "%g is not an amount above 0; set one such as 20", s.Anomalies.ImpactUSD)
	if s.Anomalies.Mode == Existing {
		a.Require(strings.HasPrefix(s.Anomalies.MonitorArn, "arn:") && strings.Contains(s.Anomalies.MonitorArn, ":anomalymonitor/"), "monitorArn",
			"%q is not the ARN of a monitor, which mode existing needs; take it from aws ce get-anomaly-monitors", s.Anomalies.MonitorArn)
	} else {
		a.Require(s.Anomalies.MonitorArn == "", "monitorArn", "%q goes with mode existing, not %q; remove it or change the mode",
			s.Anomalies.MonitorArn, s.Anomalies.Mode)
	}
}
