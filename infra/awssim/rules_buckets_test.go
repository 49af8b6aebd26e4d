package awssim

import "testing"

func TestLifecycleShape(t *testing.T) {
	t.Parallel()
	rules := func(all ...any) props { return props{"bucket": "b", "rules": all} }
	rule := func(more props) props {
		return with(props{"id": "old", "status": "Enabled", "expiration": props{"days": 365.0}}, more)
	}
	moves := func(days float64, class string) []any { return list(props{"days": days, "storageClass": class}) }
	verdicts(t, tLifecycle, lifecycleShape, nil,
		verdict{"rule", rules(rule(props{"transitions": moves(30, "STANDARD_IA")})), ""},
		verdict{"at once to intelligent tiering", rules(rule(props{"transitions": moves(0, "INTELLIGENT_TIERING")})), ""},
		verdict{"name twice", rules(rule(nil), rule(nil)), `InvalidArgument: rules.id: "old" is given twice; name each rule once`},
		verdict{
			"prefix beside a filter", rules(rule(props{"prefix": "p", "filter": props{"prefix": "p"}})),
			`MalformedXML: rules.prefix: "p" is given beside a filter; put it into the filter`,
		},
		verdict{
			"nothing to do", rules(props{"id": "idle"}),
			`InvalidRequest: rules: "idle" does nothing; give it an expiration, a transition or abortIncompleteMultipartUpload`,
		},
		verdict{
			"too early", rules(rule(props{"transitions": moves(7, "STANDARD_IA")})),
			`InvalidArgument: rules.transitions.days: "7" is below 30, the least for STANDARD_IA; raise it`,
		},
		verdict{
			"expires before it moves", rules(rule(props{"transitions": moves(400, "GLACIER")})),
			`InvalidArgument: rules.expiration.days: "365" is not after the transition at 400 days; raise it`,
		},
	)
}

func TestBucketSettings(t *testing.T) {
	t.Parallel()
	has := []*Object{thing(tVersioning, "v", props{"bucket": "kept", "versioningConfiguration": props{"status": "Enabled"}})}
	verdicts(t, tObjectLock, lockNeedsVersions, has,
		verdict{"lock", props{"bucket": "kept"}, ""},
		verdict{"lock without versions", props{"bucket": "other"}, `InvalidBucketState: bucket: "other" is not versioned, which object lock needs; enable versioning first`},
	)
	tier := func(name string, days float64) props {
		return props{"tierings": list(props{"accessTier": name, "days": days})}
	}
	verdicts(t, tTiering, tieringDays, nil,
		verdict{"tier", tier("ARCHIVE_ACCESS", 90), ""},
		verdict{
			"tier too early", tier("DEEP_ARCHIVE_ACCESS", 90),
			`InvalidArgument: tierings.days: "90" is not between 180 and 730, the limits of DEEP_ARCHIVE_ACCESS; choose such a time`,
		},
	)
	sealed := func(algorithm, key string) props {
		return props{"rules": list(props{"applyServerSideEncryptionByDefault": props{"sseAlgorithm": algorithm, "kmsMasterKeyId": key}})}
	}
	verdicts(t, tEncryption, encryptionKey, nil,
		verdict{"key", sealed("aws:kms", "key"), ""},
		verdict{
			"key for AES256", sealed("AES256", "key"),
			`InvalidArgument: rules.applyServerSideEncryptionByDefault.kmsMasterKeyId: "key" is given for AES256; leave it out, or use aws:kms`,
		},
	)
	versions := func(status string) *Object {
		return thing(tVersioning, "v", props{"bucket": "kept", "versioningConfiguration": props{"status": status}})
	}
	expect(t, versioningStays(nil, versions("Suspended"), versions("Enabled")), "")
	expect(t, versioningStays(nil, versions("Disabled"), versions("Enabled")), `versioningConfiguration.status: "Disabled" is not possible once versioning was Enabled; use Suspended`)
}

func TestReplicationShape(t *testing.T) {
	t.Parallel()
	rule := func(more props) props {
		return with(props{"priority": 1.0, "filter": props{"prefix": ""}, "deleteMarkerReplication": props{"status": "Enabled"}}, more)
	}
	rules := func(all ...any) props { return props{"rules": all} }
	selected := props{"sourceSelectionCriteria": props{"sseKmsEncryptedObjects": props{"status": "Enabled"}}}
	verdicts(t, tBucketCopy, replicationShape, nil,
		verdict{"rule", rules(rule(nil)), ""},
		verdict{"without markers", rules(rule(props{"deleteMarkerReplication": nil})), "InvalidRequest: rules.deleteMarkerReplication: is not set; a rule with a filter needs it; set its status"},
		verdict{"one priority twice", rules(rule(nil), rule(nil)), `InvalidRequest: rules.priority: "1" is given twice; give each rule its own`},
		verdict{
			"encrypted without a key", rules(rule(selected)),
			`InvalidRequest: rules.destination.encryptionConfiguration.replicaKmsKeyId: "" goes with sourceSelectionCriteria.sseKmsEncryptedObjects; set both or none`,
		},
	)
	blocked := []*Object{thing(tBucketBlock, "b", props{"bucket": "kept", "blockPublicPolicy": true})}
	policy := func(condition string) props {
		return props{"bucket": "kept", "policy": `{"Statement":[{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::kept/*"` + condition + `}]}`}
	}
	verdicts(t, tBucketPolicy, policyNotPublic, blocked,
		verdict{"with a condition", policy(`,"Condition":{"StringEquals":{"aws:SourceVpce":"vpce-1"}}`), ""},
		verdict{
			"public", policy(""),
			`AccessDenied: policy: "Statement[0]" grants public access, which blockPublicPolicy refuses; name principals, or add a condition`,
		},
	)
}
