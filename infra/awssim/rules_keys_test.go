package awssim

import (
	"strings"
	"testing"
)

const keyARN = "arn:aws:kms:us-east-1:123456789012:key/1"

func TestKeys(t *testing.T) {
	t.Parallel()
	verdicts(t, tKey, keyRotation, nil,
		verdict{"rotated", props{"enableKeyRotation": true, "rotationPeriodInDays": 180.0, "deletionWindowInDays": 30.0}, ""},
		verdict{
			"period alone",
			props{"rotationPeriodInDays": 180.0},
			`ValidationException: rotationPeriodInDays: "180" is given without enableKeyRotation; set that to true`,
		},
		verdict{
			"deleted at once",
			props{"deletionWindowInDays": 1.0},
			`ValidationException: deletionWindowInDays: "1" is not between 7 and 30 days; choose such a time`,
		},
	)
	const single = "arn:aws:kms:eu-west-1:123456789012:key/single"
	const multi, taken = "arn:aws:kms:eu-west-1:123456789012:key/mrk-1", "arn:aws:kms:eu-west-1:123456789012:key/mrk-2"
	has := []*Object{
		thing(tKey, single, props{}), thing(tKey, multi, props{"multiRegion": true}), thing(tKey, taken, props{"multiRegion": true}),
		thing(tReplicaKey, "replica", props{"primaryKeyArn": taken}),
	}
	verdicts(t, tReplicaKey, replicaElsewhere, has,
		verdict{"replica", props{"primaryKeyArn": multi}, ""},
		verdict{"of a key of one region", props{"primaryKeyArn": single}, `UnsupportedOperationException: primaryKeyArn: "` + single + `" is no multi-Region key; make it with multiRegion: true`},
		verdict{"second", props{"primaryKeyArn": taken}, `AlreadyExistsException: primaryKeyArn: "` + taken + `" has a replica in us-east-1 already: replica (replica)`},
		verdict{
			"in its own region",
			props{"primaryKeyArn": keyARN},
			`ValidationException: primaryKeyArn: "` + keyARN + `" is in us-east-1, where the replica would go; replicate to another region`,
		},
	)
	const wrong = " does not start with alias/, or does with alias/aws/, which is AWS's own; write alias/{name}"
	verdicts(t, tAlias, aliasName, nil,
		verdict{"alias", props{"name": "alias/app"}, ""},
		verdict{"without alias", props{"name": "app"}, `InvalidAliasNameException: name: "app"` + wrong},
		verdict{"of AWS", props{"name": "alias/aws/s3"}, `InvalidAliasNameException: name: "alias/aws/s3"` + wrong},
	)
}

func TestLogGroupKey(t *testing.T) {
	t.Parallel()
	key := func(service, group string) []*Object {
		return []*Object{thing(tKey, keyARN, props{"policy": `{"Statement":[{"Effect":"Allow","Principal":{"Service":"` + service + `"},"Action":"kms:GenerateDataKey*",` +
			`"Resource":"*","Condition":{"ArnLike":{"kms:EncryptionContext:aws:logs:arn":"arn:aws:logs:us-east-1:123456789012:log-group:` + group + `"}}}]}`})}
	}
	group := props{"name": "/ecs/app", "kmsKeyId": keyARN}
	const refused = `InvalidParameterException: kmsKeyId: "` + keyARN + `" does not let logs.us-east-1.amazonaws.com use it; its policy must allow that service kms:GenerateDataKey`
	verdicts(t, tLogGroup, logGroupKey, key("logs.us-east-1.amazonaws.com", "/ecs/*"),
		verdict{"allowed", group, ""}, verdict{"no key", props{"name": "/ecs/app"}, ""},
		verdict{"for other groups", props{"name": "/rds/app", "kmsKeyId": keyARN}, refused},
	)
	verdicts(t, tLogGroup, logGroupKey, key("logs.eu-west-1.amazonaws.com", "*"), verdict{"for another region", group, refused})
	verdicts(t, tLogGroup, logGroupKey, nil, verdict{"of another program", group, ""})
}

func TestSecretsAndParameters(t *testing.T) {
	t.Parallel()
	verdicts(t, tSecretVersion, secretSize, nil,
		verdict{"value", props{"secretString": "{}"}, ""},
		verdict{"binary", props{"secretBinary": "AA=="}, ""},
		verdict{"nothing", props{}, `InvalidRequestException: secretString: "(hidden)" has 0 characters; give it 1 to 65536`},
		verdict{"too long", props{"secretString": strings.Repeat("x", 65537)}, `InvalidRequestException: secretString: "(hidden)" has 65537 characters; give it 1 to 65536`},
	)
	verdicts(t, tSecret, secretRecovery, nil,
		verdict{"a month", props{"recoveryWindowInDays": 30.0}, ""},
		verdict{"none", props{"recoveryWindowInDays": 0.0}, ""},
		verdict{
			"a day",
			props{"recoveryWindowInDays": 1.0},
			`InvalidParameterException: recoveryWindowInDays: "1" is neither 0 nor between 7 and 30 days; choose such a time`,
		},
	)
	verdicts(t, tParameter, parameterSize, nil,
		verdict{"parameter", props{"name": "/app/x", "value": "v"}, ""},
		verdict{"advanced", props{"name": "/app/x", "value": strings.Repeat("x", 5000), "tier": "Advanced"}, ""},
		verdict{
			"too long",
			props{"name": "/app/x", "value": strings.Repeat("x", 5000)},
			`ValidationException: value: "(hidden)" has 5000 characters, above 4096; shorten it, or use the tier Advanced`,
		},
		verdict{"of AWS", props{"name": "/aws/x", "value": "v"}, `ValidationException: name: "/aws/x" starts with aws or ssm, which are AWS's own; choose another`},
	)
	verdicts(t, tTopic, topicShape, nil,
		verdict{"topic", props{"name": "alerts"}, ""},
		verdict{"in order", props{"name": "alerts", "fifoTopic": true}, `InvalidParameter: name: "alerts" and fifoTopic disagree; FIFO topics, and only those, end in .fifo`},
	)
}

func TestServiceSecrets(t *testing.T) {
	t.Parallel()
	const secret, empty = "arn:aws:secretsmanager:us-east-1:123456789012:secret:app-AbCdEf", "arn:aws:secretsmanager:us-east-1:123456789012:secret:new-AbCdEf"
	const managed = "arn:aws:secretsmanager:us-east-1:123456789012:secret:rds!db-1-AbCdEf"
	has := []*Object{
		thing(tSecret, secret, props{}), thing(tSecretVersion, "v", props{"secretId": secret}), thing(tSecret, empty, props{}),
		thing(tParameter, "/app/x", props{"name": "/app/x"}), thing(tDatabase, "db", props{"masterUserSecrets": list(props{"secretArn": managed})}),
		thing(tLogGroup, "app", props{"name": "app"}),
	}
	runs := func(name, from, group string) *Object {
		return thing(tTask, name, props{"family": name, "containerDefinitions": `[{"name":"app","image":"i","secrets":[{"name":"PASSWORD","valueFrom":"` + from +
			`"}],"logConfiguration":{"logDriver":"awslogs","options":{"awslogs-group":"` + group + `","awslogs-region":"us-east-1"}}}]`})
	}
	has = append(has, runs("one", secret, "app"), runs("part", secret+":password:AWSCURRENT:", "app"), runs("managed", managed, "app"), runs("parameter", "/app/x", "app"),
		runs("abroad", "arn:aws:secretsmanager:us-east-1:999999999999:secret:app-AbCdEf", "app"), runs("empty", empty, "app"), runs("unlogged", secret, "gone"))
	verdicts(t, tService, serviceSecrets, has,
		verdict{"secret", props{"taskDefinition": "one"}, ""},
		verdict{"part of a secret", props{"taskDefinition": "part"}, ""},
		verdict{"secret of a database", props{"taskDefinition": "managed"}, ""},
		verdict{"parameter", props{"taskDefinition": "parameter"}, ""},
		verdict{"secret of another account", props{"taskDefinition": "abroad"}, ""},
		verdict{
			"secret without a value",
			props{"taskDefinition": "empty"},
			`ResourceInitializationError: containerDefinitions.app.secrets.PASSWORD: "` + empty +
				`" is no secret or parameter that has a value; make it before the service (dependsOn its version)`,
		},
		verdict{
			"no log group",
			props{"taskDefinition": "unlogged"},
			`ResourceInitializationError: containerDefinitions.app.logConfiguration: "gone" is no log group in us-east-1; make it first`,
		},
	)
}
