package awssim

import "testing"

func TestRecordersAndAnalyzers(t *testing.T) {
	t.Parallel()
	roles := rolesFor("config.amazonaws.com", "ec2.amazonaws.com")
	verdicts(t, tRecorder, recorderShape, roles,
		verdict{"all", props{"roleArn": "config.amazonaws.com", "recordingGroup": props{"allSupported": true}}, ""},
		verdict{
			"all and some",
			props{"recordingGroup": props{"allSupported": true, "resourceTypes": list("AWS::EC2::VPC")}},
			`InvalidRecordingGroupException: recordingGroup.resourceTypes: "AWS::EC2::VPC" is given beside allSupported; keep one of the two`,
		},
		verdict{
			"strange role",
			props{"roleArn": "ec2.amazonaws.com"},
			`InvalidRoleException: roleArn: "ec2.amazonaws.com" cannot be assumed by config.amazonaws.com; its assumeRolePolicy must allow that service sts:AssumeRole`,
		},
	)
	on := props{"isEnabled": true}
	verdicts(t, tRecorderOn, recorderStarts, []*Object{thing(tDelivery, "d", props{})}, verdict{"delivered", on, ""})
	verdicts(t, tRecorderOn, recorderStarts, nil,
		verdict{"off", props{"isEnabled": false}, ""},
		verdict{"to nowhere", on, `NoAvailableDeliveryChannelException: isEnabled: "true" needs a delivery channel in us-east-1; make that first (dependsOn)`},
	)
	verdicts(t, tAnalyzer, oneAnalyzer, []*Object{thing(tAnalyzer, "a", props{})},
		verdict{"of unused access", props{"type": "ACCOUNT_UNUSED_ACCESS"}, ""},
		verdict{"second", props{}, `ServiceQuotaExceededException: type: "ACCOUNT" has its one analyzer of the region already: a (a); refer to that one instead`},
	)
}

func TestCapacityAndScaling(t *testing.T) {
	t.Parallel()
	strategy := func(name string, base float64) any { return props{"capacityProvider": name, "base": base} }
	both := list("FARGATE", "FARGATE_SPOT")
	verdicts(t, tProviders, providerStrategy, nil,
		verdict{"both", props{"capacityProviders": both, "defaultCapacityProviderStrategies": list(strategy("FARGATE", 1), strategy("FARGATE_SPOT", 0))}, ""},
		verdict{
			"not offered",
			props{"capacityProviders": list("FARGATE"), "defaultCapacityProviderStrategies": list(strategy("FARGATE_SPOT", 0))},
			`InvalidParameterException: defaultCapacityProviderStrategies.capacityProvider: "FARGATE_SPOT" is none of capacityProviders FARGATE; add it there`,
		},
		verdict{
			"two bases",
			props{"capacityProviders": both, "defaultCapacityProviderStrategies": list(strategy("FARGATE", 1), strategy("FARGATE_SPOT", 1))},
			`InvalidParameterException: defaultCapacityProviderStrategies.base: "2" strategies have a base; only one may`,
		},
	)
	has := []*Object{
		thing(tService, "s", props{"name": "app", "cluster": "arn:aws:ecs:us-east-1:123456789012:cluster/main"}),
		thing(tBalancer, "lb", props{"arnSuffix": "app/lb/1"}), thing(tTargetGroup, "tg", props{"arnSuffix": "targetgroup/tg/2"}),
		thing(tListener, "l", props{"defaultActions": list(props{"targetGroupArn": "arn:aws:ec2:us-east-1:123456789012:x/tg"})}),
	}
	target := func(id string, least float64) props {
		return props{"serviceNamespace": "ecs", "resourceId": id, "minCapacity": least, "maxCapacity": 4.0}
	}
	verdicts(t, tScaleTarget, scaleTarget, has,
		verdict{"service", target("service/main/app", 2), ""},
		verdict{"least above most", target("service/main/app", 5), `ValidationException: minCapacity: "5" is above maxCapacity 4; lower it`},
		verdict{"no service", target("service/main/web", 2), `ValidationException: resourceId: "service/main/web" is no ECS service that exists; write service/{cluster}/{service}`},
	)
	requests := func(label string) props {
		return props{"policyType": "TargetTrackingScaling", "targetTrackingScalingPolicyConfiguration": props{
			"predefinedMetricSpecification": props{"predefinedMetricType": "ALBRequestCountPerTarget", "resourceLabel": label},
		}}
	}
	verdicts(t, tScalePolicy, scalePolicy, has,
		verdict{"requests", requests("app/lb/1/targetgroup/tg/2"), ""},
		verdict{
			"requests of nothing", requests("app/lb/1/targetgroup/tg/3"),
			`ValidationException: targetTrackingScalingPolicyConfiguration.predefinedMetricSpecification.resourceLabel: "app/lb/1/targetgroup/tg/3" ` +
				`is no load balancer with a target group on one of its listeners; write app/{name}/{id}/targetgroup/{name}/{id}`,
		},
		verdict{
			"steps without steps",
			props{"policyType": "StepScaling"},
			`ValidationException: stepScalingPolicyConfiguration: is not set; a policy of type "StepScaling" needs it`,
		},
	)
}
