package awssim

import (
	"slices"
	"strings"
)

// bucketRules are of S3 and of those who deliver into a bucket.
func bucketRules() map[string][]rule {
	return map[string][]rule{
		tBucketLogging: {onWrite(serverLogs)},
		tBucketCopy:    {onWrite(replicationVersions), onWrite(replicationShape)},
		tEncryption:    {onWrite(encryptionKey)},
		tVersioning:    {onWrite(versioningStays)},
		tLifecycle:     {onWrite(lifecycleShape)},
		tObjectLock:    {onWrite(lockNeedsVersions)},
		tTiering:       {onWrite(tieringDays)},
	}
}

// delivers says whether a bucket's policy lets somebody do something there. A bucket of another program passes.
func delivers(w World, obj *Object, bucket, key string, r request) bool {
	if w.Find(tBucket, bucket, "") == nil {
		return true
	}
	r.resource = "arn:aws:s3:::" + bucket
	if key != "" {
		r.resource += "/" + key
	}
	if r.context == nil {
		r.context = map[string]string{}
	}
	r.context["aws:sourceaccount"] = account(w, obj)
	r.context["aws:securetransport"] = "true"
	return slices.ContainsFunc(w.ByType(tBucketPolicy, ""), func(o *Object) bool {
		d, err := parsePolicy(policyText(o, "policy"))
		return text(o, "bucket") == bucket && err == nil && d.allows(r)
	})
}

// balancerLogs refuses a log bucket that the load balancer could not write to, as ELB's own test write does.
func balancerLogs(w World, obj, _ *Object) error {
	const code = "InvalidConfigurationRequest"
	for _, path := range []string{"accessLogs", "connectionLogs"} {
		if !truthy(obj, path+".enabled") {
			continue
		}
		name := text(obj, path+".bucket")
		bucket := w.Find(tBucket, name, "")
		switch {
		case bucket == nil:
			return refuse(code, path+".bucket", name, "does not exist; make the bucket and its policy first")
		case bucket.Region != obj.Region:
			return refuse(code, path+".bucket", name, "is in %s, and the load balancer in %s; use a bucket there", bucket.Region, obj.Region)
		}
		for _, e := range w.ByType(tEncryption, bucket.Region) {
			if algorithm := text(e, "rules.applyServerSideEncryptionByDefault.sseAlgorithm"); text(e, "bucket") == name && algorithm != "AES256" {
				return refuse(code, path+".bucket", name, "is encrypted by %s; load balancers write only where it is AES256", algorithm)
			}
		}
		key := "AWSLogs/" + account(w, obj) + "/ELBAccessLogTestFile"
		if prefix := text(obj, path+".prefix"); prefix != "" {
			key = prefix + "/" + key
		}
		service := request{service: "logdelivery.elasticloadbalancing.amazonaws.com", action: "s3:PutObject"}
		older := request{arn: "arn:aws:iam::" + factsOf(obj.Region).logAccount + ":root", action: "s3:PutObject"}
		if !delivers(w, obj, name, key, service) && !delivers(w, obj, name, key, older) {
			return refuse(code, path+".bucket", name, "denies access: its policy must allow logdelivery.elasticloadbalancing.amazonaws.com s3:PutObject on %s", key)
		}
	}
	return nil
}

func serverLogs(w World, obj, _ *Object) error {
	const code = "InvalidTargetBucketForLogging"
	name := text(obj, "targetBucket")
	bucket := w.Find(tBucket, name, "")
	if bucket == nil {
		return nil
	}
	if bucket.Region != obj.Region {
		return refuse(code, "targetBucket", name, "is in %s, and the bucket in %s; use a target there", bucket.Region, obj.Region)
	}
	key := text(obj, "targetPrefix") + "2026-01-01-00-00-00-0000000000000000"
	who := request{
		service: "logging.s3.amazonaws.com", action: "s3:PutObject",
		context: map[string]string{"aws:sourcearn": "arn:aws:s3:::" + text(obj, "bucket")},
	}
	if !delivers(w, obj, name, key, who) {
		return refuse(code, "targetBucket", name, "denies delivery: its policy must allow logging.s3.amazonaws.com s3:PutObject on %s*", text(obj, "targetPrefix"))
	}
	return nil
}

func versioned(w World, bucket string) bool {
	return slices.ContainsFunc(w.ByType(tVersioning, ""), func(o *Object) bool {
		return text(o, "bucket") == bucket && text(o, "versioningConfiguration.status") == "Enabled"
	})
}

func replicationVersions(w World, obj, _ *Object) error {
	if name := text(obj, "bucket"); !versioned(w, name) {
		return refuse("InvalidRequest", "bucket", name, "is not versioned, which replication needs; enable versioning first (dependsOn)")
	}
	for _, to := range texts(obj, "rules.destination.bucket") {
		name := strings.TrimPrefix(to, "arn:aws:s3:::")
		if w.Find(tBucket, name, "") != nil && !versioned(w, name) {
			return refuse("InvalidRequest", "rules.destination.bucket", to, "is not versioned, which replication needs; enable versioning first (dependsOn)")
		}
	}
	return assumable(w, obj, "role", text(obj, "role"), "s3.amazonaws.com", "InvalidRequest")
}

func replicationShape(_ World, obj, _ *Object) error {
	priorities := map[string]bool{}
	for _, r := range blocks(obj, "rules") {
		if len(at(r, "filter")) > 0 && len(at(r, "deleteMarkerReplication")) == 0 {
			return absent("InvalidRequest", "rules.deleteMarkerReplication", "a rule with a filter needs it; set its status")
		}
		if p := text(r, "priority"); p != "" && priorities[p] {
			return refuse("InvalidRequest", "rules.priority", p, "is given twice; give each rule its own")
		}
		priorities[text(r, "priority")] = true
		encrypted := text(r, "sourceSelectionCriteria.sseKmsEncryptedObjects.status") == "Enabled"
		if key := text(r, "destination.encryptionConfiguration.replicaKmsKeyId"); encrypted != (key != "") {
			return refuse("InvalidRequest", "rules.destination.encryptionConfiguration.replicaKmsKeyId", key,
				"goes with sourceSelectionCriteria.sseKmsEncryptedObjects; set both or none")
		}
	}
	return nil
}

func encryptionKey(_ World, obj, _ *Object) error {
	for _, r := range blocks(obj, "rules.applyServerSideEncryptionByDefault") {
		if key := text(r, "kmsMasterKeyId"); key != "" && text(r, "sseAlgorithm") == "AES256" {
			return refuse("InvalidArgument", "rules.applyServerSideEncryptionByDefault.kmsMasterKeyId", key, "is given for AES256; leave it out, or use aws:kms")
		}
	}
	return nil
}

func versioningStays(_ World, obj, old *Object) error {
	status, before := text(obj, "versioningConfiguration.status"), text(old, "versioningConfiguration.status")
	if status == "Disabled" && (before == "Enabled" || before == "Suspended") {
		return refuse("InvalidArgument", "versioningConfiguration.status", status, "is not possible once versioning was %s; use Suspended", before)
	}
	return nil
}

func lifecycleShape(_ World, obj, _ *Object) error {
	ids := map[string]bool{}
	for _, r := range blocks(obj, "rules") {
		id := text(r, "id")
		if ids[id] {
			return refuse("InvalidArgument", "rules.id", id, "is given twice; name each rule once")
		}
		ids[id] = true
		if text(r, "prefix") != "" && len(at(r, "filter")) > 0 {
			return refuse("MalformedXML", "rules.prefix", text(r, "prefix"), "is given beside a filter; put it into the filter")
		}
		doing := 0
		for _, p := range []string{
			"expiration", "transitions", "noncurrentVersionExpiration", "noncurrentVersionTransitions", "abortIncompleteMultipartUpload",
		} {
			doing += len(at(r, p))
		}
		if doing == 0 {
			return refuse("InvalidRequest", "rules", id, "does nothing; give it an expiration, a transition or abortIncompleteMultipartUpload")
		}
		expires := number(r, "expiration.days")
		for _, t := range blocks(r, "transitions") {
			days, class := number(t, "days"), text(t, "storageClass")
			if (class == "STANDARD_IA" || class == "ONEZONE_IA") && days < 30 {
				return refuse("InvalidArgument", "rules.transitions.days", days, "is below 30, the least for %s; raise it", class)
			}
			if expires > 0 && days >= expires {
				return refuse("InvalidArgument", "rules.expiration.days", expires, "is not after the transition at %v days; raise it", days)
			}
		}
	}
	return nil
}

func lockNeedsVersions(w World, obj, _ *Object) error {
	if name := text(obj, "bucket"); !versioned(w, name) {
		return refuse("InvalidBucketState", "bucket", name, "is not versioned, which object lock needs; enable versioning first")
	}
	return nil
}

func tieringDays(_ World, obj, _ *Object) error {
	least := map[string]float64{"ARCHIVE_ACCESS": 90, "DEEP_ARCHIVE_ACCESS": 180}
	for _, t := range blocks(obj, "tierings") {
		if days, tier := number(t, "days"), text(t, "accessTier"); days < least[tier] || days > 730 {
			return refuse("InvalidArgument", "tierings.days", days, "is not between %v and 730, the limits of %s; choose such a time", least[tier], tier)
		}
	}
	return nil
}
