package awssim

import "testing"

func TestPolicies(t *testing.T) {
	t.Parallel()
	trust := func(statement string) props { return props{"assumeRolePolicy": `{"Statement":[` + statement + `]}`} }
	const code = "MalformedPolicyDocument: assumeRolePolicy: "
	verdicts(t, tRole, trustPolicy, nil,
		verdict{"trust", trust(`{"Effect":"Allow","Principal":{"Service":"x"},"Action":"sts:AssumeRole"}`), ""},
		verdict{
			"trust of nobody", trust(`{"Effect":"Allow","Action":"sts:AssumeRole"}`),
			code + `"{\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"sts:AssumeRole\"}]}" has no principal in statement 0; say who may assume the role`,
		},
		verdict{
			"trust on something", trust(`{"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole","Resource":"*"}`),
			code + `"{\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":\"*\",\"Action\":..." has a resource in statement 0; the role itself is the resource, leave it out`,
		},
		verdict{
			"trust to do what", trust(`{"Effect":"Allow","Principal":"*","Action":"s3:GetObject"}`),
			code + `"s3:GetObject" is an action in statement 0 that is none of sts; write sts:AssumeRole or sts:AssumeRoleWithWebIdentity`,
		},
	)
	identity := func(statement string) props { return props{"policy": `{"Statement":` + statement + `}`} }
	const long = `{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::a-bucket-with-a-name/*"}`
	verdicts(t, tPolicy, identityPolicy("policy", 100), nil,
		verdict{"short", identity(`{"Effect":"Allow","Action":"s3:*","Resource":"*"}`), ""},
		verdict{
			"long", identity(long),
			`LimitExceeded: policy: "{\"Statement\":{\"Effect\":\"Allow\",\"Action\":\"s3:GetObject\",\"R..." is 105 characters long, above 100; shorten or split it`,
		},
		verdict{
			"name", identity(`{"Sid":"read-it","Effect":"Allow","Action":"s3:*","Resource":"*"}`),
			`MalformedPolicyDocument: policy: "read-it" is a Sid in statement 0 with other characters than letters and digits; leave those out`,
		},
		verdict{
			"no ARN", identity(`{"Effect":"Allow","Action":"s3:*","Resource":"bucket"}`),
			`MalformedPolicyDocument: policy: "bucket" is a resource in statement 0 that is neither an ARN nor *; write its ARN`,
		},
	)
	const github = "https://token.actions.githubusercontent.com"
	verdicts(t, tOIDC, providerURL, nil,
		verdict{"provider", props{"url": github}, ""},
		verdict{
			"provider in plain text",
			props{"url": "http://example.com"},
			`ValidationError: url: "http://example.com" is not an https URL without a query; write it as ` + github,
		},
	)
}
