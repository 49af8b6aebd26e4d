package awssim

import (
	"strings"
)

// keyRules are of KMS, secrets and parameters.
func keyRules() map[string][]rule {
	return map[string][]rule{
		tKey:           {onWrite(keyPolicy), onWrite(keyRotation)},
		tReplicaKey:    {onWrite(keyPolicy), onWrite(replicaElsewhere)},
		tAlias:         {onWrite(aliasName)},
		tLogGroup:      {onWrite(logGroupKey)},
		tSecret:        {onWrite(secretName), onWrite(secretRecovery)},
		tSecretVersion: {onWrite(secretSize)},
		tParameter:     {onWrite(parameterSize)},
		tTopic:         {onWrite(topicShape)},
	}
}

func keyPolicy(w World, obj, _ *Object) error {
	const code, property = "MalformedPolicyDocumentException", "policy"
	if empty(obj.In[property]) {
		return nil
	}
	keeps := truthy(obj, "bypassPolicyLockoutSafetyCheck")
	err := checkPolicy(obj, property, code, code, 32768, func(s statement) (part, why string) {
		keeps = keeps || s.Effect == "Allow" && len(s.Principal["AWS"]) > 0 && anyMatch(s.Action, "kms:PutKeyPolicy", true)
		if s.Principal == nil && s.NotPrincipal == nil || len(s.Resource) == 0 && len(s.NotResource) == 0 {
			return "", "lacks a principal or a resource in statement %d; a key's policy needs both (resource *)"
		}
		return "", ""
	})
	if err != nil || keeps {
		return err
	}
	return refuse(code, property, short(policyText(obj, property)),
		"will not allow you to update the key policy in the future; allow arn:aws:iam::%s:root kms:*", account(w, obj))
}

func keyRotation(_ World, obj, _ *Object) error {
	days := text(&Object{In: obj.In}, "rotationPeriodInDays")
	if days != "" && !truthy(obj, "enableKeyRotation") {
		return refuse("ValidationException", "rotationPeriodInDays", days, "is given without enableKeyRotation; set that to true")
	}
	if n := number(&Object{In: obj.In}, "deletionWindowInDays"); n != 0 && (n < 7 || n > 30) {
		return refuse("ValidationException", "deletionWindowInDays", n, "is not between 7 and 30 days; choose such a time")
	}
	return nil
}

func replicaElsewhere(w World, obj, old *Object) error {
	primary := text(obj, "primaryKeyArn")
	key := w.Find(tKey, primary, "")
	if key != nil && !truthy(key, "multiRegion") {
		return refuse("UnsupportedOperationException", "primaryKeyArn", primary, "is no multi-Region key; make it with multiRegion: true")
	}
	if arnRegion(primary) == obj.Region {
		return refuse("ValidationException", "primaryKeyArn", primary, "is in %s, where the replica would go; replicate to another region", obj.Region)
	}
	for _, o := range others(w, obj, old, obj.Region) {
		if text(o, "primaryKeyArn") == primary {
			return refuse("AlreadyExistsException", "primaryKeyArn", primary, "has a replica in %s already: %s", obj.Region, label(o))
		}
	}
	return nil
}

func aliasName(_ World, obj, _ *Object) error {
	name := text(obj, "name")
	if !strings.HasPrefix(name, "alias/") || strings.HasPrefix(name, "alias/aws/") {
		return refuse("InvalidAliasNameException", "name", name, "does not start with alias/, or does with alias/aws/, which is AWS's own; write alias/{name}")
	}
	return nil
}

// keyLets refuses a KMS key whose policy doesn't let a service use it. A key that the stand-in doesn't know passes.
func keyLets(w World, obj *Object, property, service, action, code string, context map[string]string) error {
	value := text(obj, property)
	key := w.Find(tKey, value, obj.Region)
	if key == nil {
		key = w.Find(tReplicaKey, value, obj.Region)
	}
	if key == nil || policyText(key, "policy") == "" {
		return nil
	}
	d, err := parsePolicy(policyText(key, "policy"))
	context["aws:sourceaccount"] = account(w, obj)
	if err == nil && d.allows(request{service: service, action: action, resource: arn(key), context: context}) {
		return nil
	}
	return refuse(code, property, value, "does not let %s use it; its policy must allow that service %s", service, action)
}

func logGroupKey(w World, obj, _ *Object) error {
	group := "arn:aws:logs:" + obj.Region + ":" + account(w, obj) + ":log-group:" + text(obj, "name")
	return keyLets(w, obj, "kmsKeyId", "logs."+obj.Region+".amazonaws.com", "kms:GenerateDataKey", "InvalidParameterException",
		map[string]string{"kms:encryptioncontext:aws:logs:arn": group})
}

func secretSize(_ World, obj, _ *Object) error {
	given := &Object{In: obj.In}
	if _, ok := given.In["secretBinary"]; ok {
		return nil
	}
	if size := len(text(given, "secretString")); size == 0 || size > 65536 {
		return refuse("InvalidRequestException", "secretString", "(hidden)", "has %d characters; give it 1 to 65536", size)
	}
	return nil
}

func parameterSize(_ World, obj, _ *Object) error {
	limit, name := 4096, text(obj, "name")
	if text(obj, "tier") == "Advanced" {
		limit = 8192
	}
	if size := len(text(obj, "value")); size > limit {
		return refuse("ValidationException", "value", "(hidden)", "has %d characters, above %d; shorten it, or use the tier Advanced", size, limit)
	}
	if bare := strings.ToLower(strings.TrimPrefix(name, "/")); strings.HasPrefix(bare, "aws") || strings.HasPrefix(bare, "ssm") {
		return refuse("ValidationException", "name", name, "starts with aws or ssm, which are AWS's own; choose another")
	}
	return nil
}

func topicShape(_ World, obj, _ *Object) error {
	if name := text(obj, "name"); truthy(obj, "fifoTopic") != strings.HasSuffix(name, ".fifo") {
		return refuse("InvalidParameter", "name", name, "and fifoTopic disagree; FIFO topics, and only those, end in .fifo")
	}
	return nil
}
