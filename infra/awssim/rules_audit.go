package awssim

import (
	"regexp"
	"slices"
	"strings"
)

// auditRules are of CloudTrail, Config, the analyzer and AWS Backup.
func auditRules() map[string][]rule {
	return map[string][]rule{
		tTrail:         {onWrite(trailBucket), onWrite(trailLogs), onWrite(trailKey)},
		tDelivery:      {onWrite(deliveryReady), onWrite(deliveryBucket)},
		tRecorder:      {onWrite(recorderShape)},
		tRecorderOn:    {onWrite(recorderStarts)},
		tAnalyzer:      {onWrite(oneAnalyzer)},
		tPlan:          {onWrite(planLifecycle)},
		tRestorePlan:   {onWrite(restoreWindows)},
		tSelection:     {onWrite(backupRole)},
		tRestoreSelect: {onWrite(backupRole)},
		tVaultLock:     {onWrite(lockRange)},
	}
}

func trailBucket(w World, obj, _ *Object) error {
	const code = "InsufficientS3BucketPolicyException"
	name, owner := text(obj, "s3BucketName"), account(w, obj)
	context := func() map[string]string {
		return map[string]string{
			"aws:sourcearn": "arn:aws:cloudtrail:" + obj.Region + ":" + owner + ":trail/" + text(obj, "name"), "s3:x-amz-acl": "bucket-owner-full-control",
		}
	}
	const service = "cloudtrail.amazonaws.com"
	if !delivers(w, obj, name, "", request{service: service, action: "s3:GetBucketAcl", context: context()}) {
		return refuse(code, "s3BucketName", name, "has a policy that does not allow %s s3:GetBucketAcl; add that statement", service)
	}
	key := "AWSLogs/" + owner + "/CloudTrail/log"
	if prefix := text(obj, "s3KeyPrefix"); prefix != "" {
		key = prefix + "/" + key
	}
	if !delivers(w, obj, name, key, request{service: service, action: "s3:PutObject", context: context()}) {
		return refuse(code, "s3BucketName", name, "has a policy that does not allow %s s3:PutObject on %s; add that statement", service, key)
	}
	return nil
}

func trailLogs(w World, obj, _ *Object) error {
	group, role := text(obj, "cloudWatchLogsGroupArn"), text(obj, "cloudWatchLogsRoleArn")
	switch {
	case group == "" && role == "":
		return nil
	case group == "" || role == "":
		return absent("InvalidCloudWatchLogsLogGroupArnException", "cloudWatchLogsGroupArn, cloudWatchLogsRoleArn", "they go together: set both or none")
	case !strings.HasSuffix(group, ":*"):
		return refuse("InvalidCloudWatchLogsLogGroupArnException", "cloudWatchLogsGroupArn", group, "does not end in :*; append that to the log group's ARN")
	}
	if err := assumable(w, obj, "cloudWatchLogsRoleArn", role, "cloudtrail.amazonaws.com", "InvalidCloudWatchLogsRoleArnException"); err != nil {
		return err
	}
	stream := strings.TrimSuffix(group, "*") + "log-stream:" + account(w, obj) + "_CloudTrail_" + obj.Region
	for _, action := range []string{"logs:CreateLogStream", "logs:PutLogEvents"} {
		if !roleAllows(w, role, action, stream) {
			return refuse("InvalidCloudWatchLogsLogGroupArnException", "cloudWatchLogsRoleArn", role,
				"may not %s on %s; allow it in the role's policy, and let the trail wait for that policy (dependsOn)", action, stream)
		}
	}
	return nil
}

func trailKey(w World, obj, _ *Object) error {
	return keyLets(w, obj, "kmsKeyId", "cloudtrail.amazonaws.com", "kms:GenerateDataKey", "InsufficientEncryptionPolicyException", map[string]string{
		"aws:sourcearn": "arn:aws:cloudtrail:" + obj.Region + ":" + account(w, obj) + ":trail/" + text(obj, "name"),
	})
}

func deliveryReady(w World, obj, _ *Object) error {
	if len(w.ByType(tRecorder, obj.Region)) == 0 {
		return refuse("NoAvailableConfigurationRecorderException", "name", text(obj, "name"), "has no recorder in %s; make that first (dependsOn)", obj.Region)
	}
	return nil
}

func deliveryBucket(w World, obj, _ *Object) error {
	const code, service = "InsufficientDeliveryPolicyException", "config.amazonaws.com"
	name := text(obj, "s3BucketName")
	key := "AWSLogs/" + account(w, obj) + "/Config/ConfigWritabilityCheckFile"
	if prefix := text(obj, "s3KeyPrefix"); prefix != "" {
		key = prefix + "/" + key
	}
	acl := map[string]string{"s3:x-amz-acl": "bucket-owner-full-control"}
	if !delivers(w, obj, name, "", request{service: service, action: "s3:GetBucketAcl"}) {
		return refuse(code, "s3BucketName", name, "has a policy that does not allow %s s3:GetBucketAcl; add that statement", service)
	}
	if !delivers(w, obj, name, key, request{service: service, action: "s3:PutObject", context: acl}) {
		return refuse(code, "s3BucketName", name, "has a policy that does not allow %s s3:PutObject on %s; add that statement", service, key)
	}
	return nil
}

func recorderShape(w World, obj, _ *Object) error {
	all, named := truthy(obj, "recordingGroup.allSupported"), texts(obj, "recordingGroup.resourceTypes")
	if all && len(named) > 0 {
		return refuse("InvalidRecordingGroupException", "recordingGroup.resourceTypes", named[0], "is given beside allSupported; keep one of the two")
	}
	return assumable(w, obj, "roleArn", text(obj, "roleArn"), "config.amazonaws.com", "InvalidRoleException")
}

func recorderStarts(w World, obj, _ *Object) error {
	if truthy(obj, "isEnabled") && len(w.ByType(tDelivery, obj.Region)) == 0 {
		return refuse("NoAvailableDeliveryChannelException", "isEnabled", true, "needs a delivery channel in %s; make that first (dependsOn)", obj.Region)
	}
	return nil
}

func oneAnalyzer(w World, obj, old *Object) error {
	kind := func(o *Object) string {
		if t := text(o, "type"); t != "" {
			return t
		}
		return "ACCOUNT"
	}
	for _, o := range others(w, obj, old, obj.Region) {
		if kind(obj) == "ACCOUNT" && kind(o) == "ACCOUNT" {
			return refuse("ServiceQuotaExceededException", "type", "ACCOUNT", "has its one analyzer of the region already: %s; refer to that one instead", label(o))
		}
	}
	return nil
}

func planLifecycle(_ World, obj, _ *Object) error {
	const code = "InvalidParameterValueException"
	seen := map[string]bool{}
	for _, r := range blocks(obj, "rules") {
		name := text(r, "ruleName")
		if when := text(r, "schedule"); when != "" && !calendar.MatchString(when) {
			return refuse(code, "rules.schedule", when, "is no cron expression of six fields; write it as cron(0 3 * * ? *)")
		}
		if days := number(r, "lifecycle.deleteAfter"); truthy(r, "enableContinuousBackup") && (days < 1 || days > 35) {
			return refuse(code, "rules.lifecycle.deleteAfter", days, "is not between 1 and 35 days, which continuous backups are kept; choose such a time")
		}
		if seen[name] {
			return refuse(code, "rules.ruleName", name, "is given twice; name each rule once")
		}
		seen[name] = true
		for _, l := range slices.Concat(blocks(r, "lifecycle"), blocks(r, "copyActions.lifecycle")) {
			cold, until := number(l, "coldStorageAfter"), number(l, "deleteAfter")
			if cold > 0 && until > 0 && until < cold+90 {
				return refuse(code, "rules.lifecycle.deleteAfter", until, "is less than 90 days after coldStorageAfter %v; set %v or more", cold, cold+90)
			}
		}
		start, complete := number(r, "startWindow"), number(r, "completionWindow")
		if start > 0 && start < 60 {
			return refuse(code, "rules.startWindow", start, "is below 60 minutes; raise it")
		}
		if complete > 0 && complete < max(start, 60)+60 {
			return refuse(code, "rules.completionWindow", complete, "is less than 60 minutes above the start window; set %v or more", max(start, 60)+60)
		}
	}
	return nil
}

// calendar is a schedule of AWS Backup.
var calendar = regexp.MustCompile(`^cron\(\S+( \S+){5}\)$`)

func restoreWindows(_ World, obj, _ *Object) error {
	const code = "InvalidParameterValueException"
	if when := text(obj, "scheduleExpression"); !calendar.MatchString(when) {
		return refuse(code, "scheduleExpression", when, "is no cron expression of six fields; write it as cron(0 5 1 * ? *)")
	}
	if hours := text(obj, "startWindowHours"); hours != "" && (number(obj, "startWindowHours") < 1 || number(obj, "startWindowHours") > 168) {
		return refuse(code, "startWindowHours", hours, "is not between 1 and 168 hours; choose such a time")
	}
	return nil
}

func backupRole(w World, obj, _ *Object) error {
	return assumable(w, obj, "iamRoleArn", text(obj, "iamRoleArn"), "backup.amazonaws.com", "InvalidParameterValueException")
}

func lockRange(_ World, obj, _ *Object) error {
	least, most := number(obj, "minRetentionDays"), number(obj, "maxRetentionDays")
	if most > 0 && least > most {
		return refuse("InvalidParameterValueException", "minRetentionDays", least, "is above maxRetentionDays %v; lower it", most)
	}
	if days := text(obj, "changeableForDays"); days != "" && number(obj, "changeableForDays") < 3 {
		return refuse("InvalidParameterValueException", "changeableForDays", days, "is below 3; raise it, or leave it out for governance mode")
	}
	return nil
}
