package awssim

import (
	"slices"
	"strings"
)

// scalingRules are of capacity and scaling.
func scalingRules() map[string][]rule {
	return map[string][]rule{
		tProviders:   {onWrite(providerStrategy)},
		tScaleTarget: {onWrite(scaleTarget)},
		tScalePolicy: {onWrite(scaleTargetExists), onWrite(scalePolicy)},
		tScaleAction: {onWrite(scaleTargetExists)},
	}
}

func providerStrategy(_ World, obj, _ *Object) error {
	offered, bases := texts(obj, "capacityProviders"), 0
	for _, s := range blocks(obj, "defaultCapacityProviderStrategies") {
		name := text(s, "capacityProvider")
		if !slices.Contains(offered, name) {
			return refuse("InvalidParameterException", "defaultCapacityProviderStrategies.capacityProvider", name, "is none of capacityProviders %s; add it there",
				strings.Join(offered, ", "))
		}
		if number(s, "base") > 0 {
			bases++
		}
	}
	if bases > 1 {
		return refuse("InvalidParameterException", "defaultCapacityProviderStrategies.base", bases, "strategies have a base; only one may")
	}
	return nil
}

func scaleTarget(w World, obj, _ *Object) error {
	if low, high := number(obj, "minCapacity"), number(obj, "maxCapacity"); low > high {
		return refuse("ValidationException", "minCapacity", low, "is above maxCapacity %v; lower it", high)
	}
	id := text(obj, "resourceId")
	parts := strings.Split(id, "/")
	if text(obj, "serviceNamespace") != "ecs" {
		return nil
	}
	for _, s := range w.ByType(tService, obj.Region) {
		if len(parts) == 3 && parts[0] == "service" && text(s, "name") == parts[2] && strings.HasSuffix(text(s, "cluster"), parts[1]) {
			return nil
		}
	}
	return refuse("ValidationException", "resourceId", id, "is no ECS service that exists; write service/{cluster}/{service}")
}

func scaleTargetExists(w World, obj, _ *Object) error {
	for _, o := range w.ByType(tScaleTarget, obj.Region) {
		if text(o, "resourceId") == text(obj, "resourceId") && text(o, "scalableDimension") == text(obj, "scalableDimension") {
			return nil
		}
	}
	return refuse("ObjectNotFoundException", "resourceId", text(obj, "resourceId"), "is no registered scalable target for %s; register it first",
		text(obj, "scalableDimension"))
}

func scalePolicy(w World, obj, _ *Object) error {
	const code = "ValidationException"
	needs := map[string]string{
		"TargetTrackingScaling": "targetTrackingScalingPolicyConfiguration", "StepScaling": "stepScalingPolicyConfiguration", "": "stepScalingPolicyConfiguration",
	}[text(obj, "policyType")]
	if needs != "" && len(at(obj, needs)) == 0 {
		return absent(code, needs, "a policy of type %q needs it", text(obj, "policyType"))
	}
	metric := "targetTrackingScalingPolicyConfiguration.predefinedMetricSpecification."
	if text(obj, metric+"predefinedMetricType") != "ALBRequestCountPerTarget" {
		return nil
	}
	wanted := text(obj, metric+"resourceLabel")
	for _, b := range w.ByType(tBalancer, obj.Region) {
		for _, g := range w.ByType(tTargetGroup, obj.Region) {
			if wanted == text(b, "arnSuffix")+"/"+text(g, "arnSuffix") && attached(w, arn(g), obj.Region) {
				return nil
			}
		}
	}
	return refuse(code, metric+"resourceLabel", wanted,
		"is no load balancer with a target group on one of its listeners; write app/{name}/{id}/targetgroup/{name}/{id}")
}
