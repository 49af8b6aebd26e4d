package awssim

import "testing"

const (
	certARN  = "arn:aws:acm:us-east-1:123456789012:certificate/1"
	freshARN = "arn:aws:acm:us-east-1:123456789012:certificate/2"
	logsOpen = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":["logdelivery.elasticloadbalancing.amazonaws.com",` +
		`"logging.s3.amazonaws.com","cloudtrail.amazonaws.com","config.amazonaws.com"]},"Action":["s3:PutObject","s3:GetBucketAcl"],` +
		`"Resource":["arn:aws:s3:::logs","arn:aws:s3:::logs/*"]},{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"arn:aws:s3:::logs/*",` +
		`"Condition":{"Bool":{"aws:SecureTransport":"false"}}}]}`
)

func edgeWorld() []*Object {
	return append(twoVPCs(),
		thing(tCertificate, certARN, props{}), thing(tValidation, "v", props{"certificateArn": certARN}), thing(tCertificate, freshARN, props{}),
		thing(tBalancer, "lb", props{}), thing(tTargetGroup, "tg", props{"vpcId": "vpc-1", "targetType": "ip"}),
		thing(tListener, "other", props{"loadBalancerArn": "lb2", "port": 1.0, "defaultActions": list(props{"type": "forward", "targetGroupArn": "taken"})}),
		thing(tTargetGroup, "taken", props{}), thing(tBalancer, "lb2", props{}),
		thing(tBucket, "logs", props{"bucket": "logs"}), thing(tBucket, "closed", props{"bucket": "closed"}), thing(tBucket, "sealed", props{"bucket": "sealed"}),
		thing(tBucketPolicy, "logs", props{"bucket": "logs", "policy": logsOpen}),
		thing(tEncryption, "sealed", props{"bucket": "sealed", "rules": list(props{"applyServerSideEncryptionByDefault": props{"sseAlgorithm": "aws:kms"}})}),
	)
}

func TestEdgeRules(t *testing.T) {
	t.Parallel()
	has := edgeWorld()
	make := func(name, token string, in props, want string) try {
		return try{name: name, has: has, obj: thing(token, "new", in), want: want}
	}
	balancer := func(bucket string, groups []any, subnets ...any) props {
		in := props{"subnets": subnets, "securityGroups": groups}
		if bucket != "" {
			in["accessLogs"] = props{"enabled": true, "bucket": bucket, "prefix": "alb"}
		}
		return in
	}
	listener := func(protocol, certificate string) props {
		return props{
			"loadBalancerArn": "lb", "port": 443.0, "protocol": protocol, "certificateArn": certificate,
			"defaultActions": list(props{"type": "forward", "targetGroupArn": "tg"}),
		}
	}
	every(t, []try{
		make("balancer", tBalancer, balancer("logs", list("sg-1"), "a", "b"), ""),
		make("balancer in one zone", tBalancer, balancer("", nil, "a"), "ValidationError: subnets"),
		make("balancer twice in a zone", tBalancer, balancer("", nil, "a", "a2"), "name one subnet per zone"),
		make("balancer over two vpcs", tBalancer, balancer("", nil, "far", "b"), "InvalidConfigurationRequest: subnets"),
		make("balancer without internet", tBalancer, balancer("", nil, "far", "far-b"), "InvalidSubnet: subnets"),
		make("balancer with a strange group", tBalancer, balancer("", list("sg-2"), "a", "b"), "securityGroups"),
		make("balancer without log permission", tBalancer, balancer("closed", list("sg-1"), "a", "b"), "denies access"),
		make("balancer with logs under a key", tBalancer, balancer("sealed", list("sg-1"), "a", "b"), "only where it is AES256"),
		make("https", tListener, listener("HTTPS", certARN), ""),
		make("https without certificate", tListener, listener("HTTPS", ""), "ValidationError: certificateArn: is not set"),
		make("https not issued", tListener, listener("HTTPS", freshARN), "UnsupportedCertificate"),
		make("https from elsewhere", tListener, listener("HTTPS", "arn:aws:acm:eu-west-1:123456789012:certificate/1"), "not a certificate in us-east-1"),
		make("http with certificate", tListener, listener("HTTP", certARN), "InvalidConfigurationRequest"),
		make("action without target", tListener, props{"loadBalancerArn": "lb", "port": 1.0, "protocol": "HTTP", "defaultActions": list(props{"type": "redirect"})}, "redirect"),
		make("group of another balancer", tListener, props{
			"loadBalancerArn": "lb", "protocol": "HTTP", "port": 1.0,
			"defaultActions": list(props{"type": "forward", "targetGroupArn": "taken"}),
		}, "TargetGroupAssociationLimit"),
		make("target group", tTargetGroup, props{"name": "n", "port": 1.0, "protocol": "HTTP", "vpcId": "vpc-1", "healthCheck": props{"timeout": 5.0, "interval": 30.0}}, ""),
		make("slow health check", tTargetGroup, props{"name": "n", "port": 1.0, "protocol": "HTTP", "vpcId": "vpc-1", "healthCheck": props{"timeout": 30.0, "interval": 30.0}}, "healthCheck.timeout"),
		make("waf log", tWebACLLogging, props{"logDestinationConfigs": list("arn:aws:logs:us-east-1:999999999999:log-group:aws-waf-logs-x")}, ""),
		make("waf log name", tWebACLLogging, props{"logDestinationConfigs": list("arn:aws:logs:us-east-1:999999999999:log-group:x")}, "aws-waf-logs-"),
	})
}

const app = `[{"name":"migrate","image":"i","essential":false},{"name":"app","image":"i","portMappings":[{"containerPort":3000,"hostPort":3000}],` +
	`"dependsOn":[{"containerName":"migrate","condition":"SUCCESS"}]}]`

func task(cpu, memory, containers string) props {
	return props{
		"family": "f", "requiresCompatibilities": list("FARGATE"), "networkMode": "awsvpc", "cpu": cpu, "memory": memory,
		"containerDefinitions": containers, "executionRoleArn": "ecs-tasks.amazonaws.com",
	}
}

func TestComputeRules(t *testing.T) {
	t.Parallel()
	has := append(edgeWorld(), rolesFor("ecs-tasks.amazonaws.com", "ec2.amazonaws.com")...)
	has = append(has,
		thing(tCluster, "cluster", props{"name": "cluster"}), thing(tProviders, "cluster", props{"clusterName": "cluster", "capacityProviders": list("FARGATE")}),
		thing(tTask, "task", task("256", "512", app)), thing(tTargetGroup, "idle", props{"vpcId": "vpc-1", "targetType": "ip"}),
		thing(tTargetGroup, "far-tg", props{"vpcId": "vpc-2", "targetType": "ip"}),
		thing(tListener, "l", props{"loadBalancerArn": "lb", "port": 80.0, "defaultActions": list(props{"type": "forward", "targetGroupArn": "tg"})}))
	make := func(name, token string, in props, want string) try {
		return try{name: name, has: has, obj: thing(token, "new", in), want: want}
	}
	service := func(group, subnet, security, container, provider string) props {
		return props{
			"name": "s", "cluster": "cluster", "taskDefinition": "f",
			"networkConfiguration":       props{"subnets": list(subnet), "securityGroups": list(security)},
			"loadBalancers":              list(props{"targetGroupArn": group, "containerName": container, "containerPort": 3000.0}),
			"capacityProviderStrategies": list(props{"capacityProvider": provider}),
		}
	}
	role := func(name string) props { p := task("256", "512", app); p["taskRoleArn"] = name; return p }
	every(t, []try{
		make("task", tTask, task("256", "512", app), ""),
		make("task with 1024", tTask, task("256", "1024", app), ""),
		make("task pair", tTask, task("256", "4096", app), `ClientException: memory: "4096"`),
		make("task pair between", tTask, task("256", "1536", app), "memory"),
		make("task size", tTask, task("300", "512", app), "ClientException: cpu"),
		make("not json", tTask, task("256", "512", "["), "containerDefinitions"),
		make("same name", tTask, task("256", "512", `[{"name":"a","image":"i"},{"name":"a","image":"i"}]`), "is the name of two containers"),
		make("nothing essential", tTask, task("256", "512", `[{"name":"a","image":"i","essential":false}]`), "at least one must be essential"),
		make("unknown dependency", tTask, task("256", "512", `[{"name":"a","image":"i","dependsOn":[{"containerName":"b","condition":"START"}]}]`), "dependsOn"),
		make("unknown volume", tTask, task("256", "512", `[{"name":"a","image":"i","mountPoints":[{"sourceVolume":"v"}]}]`), "sourceVolume"),
		make("task role", tTask, role("ecs-tasks.amazonaws.com"), ""),
		make("strange task role", tTask, role("ec2.amazonaws.com"), "ClientException: taskRoleArn"),
		make("service", tService, service("tg", "a", "sg-1", "app", "FARGATE"), ""),
		make("group not attached", tService, service("idle", "a", "sg-1", "app", "FARGATE"), "does not have an associated load balancer"),
		make("security group elsewhere", tService, service("tg", "a", "sg-2", "app", "FARGATE"), "networkConfiguration.securityGroups"),
		make("subnets elsewhere", tService, service("tg", "far", "sg-2", "app", "FARGATE"), "put both into one VPC"),
		make("container", tService, service("tg", "a", "sg-1", "web", "FARGATE"), "loadBalancers.containerName"),
		make("container port", tService, service("tg", "a", "sg-1", "migrate", "FARGATE"), "loadBalancers.containerPort"),
		make("provider", tService, service("tg", "a", "sg-1", "app", "FARGATE_SPOT"), "FARGATE_SPOT"),
		make("scaling without target", tScalePolicy, props{"resourceId": "service/c/s"}, "ObjectNotFoundException"),
		make("scaling without service", tScaleTarget, props{"resourceId": "service/c/s", "serviceNamespace": "ecs"}, "ValidationException: resourceId"),
	})
}
