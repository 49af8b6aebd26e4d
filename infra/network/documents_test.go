package network_test

import (
	"testing"

	"github.com/task-tracker/task-tracker/infra/infratest"
)

func TestDocuments(t *testing.T) {
	t.Parallel()
	r := infratest.Run(t, program(settings(), nil))
	for file, text := range map[string]string{
		"flow-logs-trust":  r.One(t, "aws:iam/role:Role", "network-flow-logs").String("assumeRolePolicy"),
		"flow-logs-policy": r.One(t, "aws:iam/rolePolicy:RolePolicy", "network-flow-logs").String("policy"),
		"s3-endpoint":      r.One(t, "aws:ec2/vpcEndpoint:VpcEndpoint", "network-s3").String("policy"),
	} {
		infratest.Golden(t, file+".json", text)
	}
}
