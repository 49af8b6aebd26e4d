package awssim

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
)

// computeRules are of task definitions and services.
func computeRules() map[string][]rule {
	return map[string][]rule{
		tTask: {onWrite(fargatePair), onWrite(taskContainers), onWrite(taskRoles)},
		tService: {
			onWrite(serviceTask), onWrite(serviceNetwork), onWrite(serviceTargets), onWrite(serviceDeployment), onWrite(serviceSecrets),
		},
	}
}

// fargateMemory returns the memory (MiB) that goes with a task's cpu units, as first, last and step.
// Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-cpu-memory-error.html.
func fargateMemory(cpu int) (first, last, step int, ok bool) {
	table := map[int][3]int{
		256: {512, 2048, 512}, 512: {1024, 4096, 1024}, 1024: {2048, 8192, 1024}, 2048: {4096, 16384, 1024},
		4096: {8192, 30720, 1024}, 8192: {16384, 61440, 4096}, 16384: {32768, 122880, 8192},
	}
	r, ok := table[cpu]
	return r[0], r[1], r[2], ok
}

func fargatePair(_ World, obj, _ *Object) error {
	const code = "ClientException"
	if !slices.Contains(texts(obj, "requiresCompatibilities"), "FARGATE") {
		return nil
	}
	if mode := text(obj, "networkMode"); mode != "awsvpc" {
		return refuse(code, "networkMode", mode, "is not what Fargate runs; set awsvpc")
	}
	cpu, _ := strconv.Atoi(text(obj, "cpu"))
	memory, _ := strconv.Atoi(text(obj, "memory"))
	first, last, step, ok := fargateMemory(cpu)
	if !ok {
		return refuse(code, "cpu", text(obj, "cpu"), "is no size of Fargate; set 256, 512, 1024, 2048, 4096, 8192 or 16384")
	}
	wrong := memory < first || memory > last || (memory-first)%step != 0
	if wrong && (cpu != 256 || memory != 1024) || cpu == 256 && memory == 1536 {
		way := strconv.Itoa(first) + " to " + strconv.Itoa(last) + " by " + strconv.Itoa(step)
		if cpu == 256 {
			way = "512, 1024 or 2048"
		}
		return refuse(code, "memory", text(obj, "memory"), "MiB does not go with %d cpu units on Fargate; set %s", cpu, way)
	}
	if arch := text(obj, "runtimePlatform.cpuArchitecture"); arch != "" && arch != "X86_64" && arch != "ARM64" {
		return refuse(code, "runtimePlatform.cpuArchitecture", arch, "is not what Fargate runs; set X86_64 or ARM64")
	}
	return nil
}

// container is what the rules look at in a container definition.
type container struct {
	Name             string
	Image            string
	Essential        *bool
	CPU              int `json:"cpu"`
	Memory           int
	PortMappings     []struct{ ContainerPort, HostPort int }
	DependsOn        []struct{ ContainerName, Condition string }
	MountPoints      []struct{ SourceVolume, ContainerPath string }
	Secrets          []struct{ Name, ValueFrom string }
	HealthCheck      *struct{ Command []string }
	LogConfiguration *struct {
		LogDriver string
		Options   map[string]string
	}
}

func containers(obj *Object) ([]container, error) {
	var all []container
	err := json.Unmarshal([]byte(text(obj, "containerDefinitions")), &all)
	return all, err
}

func taskContainers(_ World, obj, _ *Object) error {
	const code, property = "ClientException", "containerDefinitions"
	all, err := containers(obj)
	if err != nil || len(all) == 0 {
		return refuse(code, property, short(text(obj, property)), "is not a JSON list of at least one container definition (%v)", err)
	}
	names, essential, cpu := map[string]container{}, false, 0
	for i, c := range all {
		path := property + "[" + strconv.Itoa(i) + "]"
		if c.Name == "" || c.Image == "" {
			return absent(code, path+".name, .image", "a container needs both")
		}
		if _, twice := names[c.Name]; twice {
			return refuse(code, path+".name", c.Name, "is the name of two containers; give each its own")
		}
		names[c.Name] = c
		essential = essential || c.Essential == nil || *c.Essential
		cpu += c.CPU
		for _, p := range c.PortMappings {
			if text(obj, "networkMode") == "awsvpc" && p.HostPort != 0 && p.HostPort != p.ContainerPort {
				return refuse(code, path+".portMappings.hostPort", p.HostPort, "is not the containerPort %d, as awsvpc demands; use that or leave it out", p.ContainerPort)
			}
		}
		if len(c.Secrets) > 0 && text(obj, "executionRoleArn") == "" {
			return absent(code, "executionRoleArn", "container %s has secrets, which ECS reads with that role", c.Name)
		}
		if c.LogConfiguration != nil && c.LogConfiguration.LogDriver == "awslogs" {
			for _, option := range []string{"awslogs-group", "awslogs-region"} {
				if c.LogConfiguration.Options[option] == "" {
					return absent(code, path+".logConfiguration.options."+option, "the driver awslogs needs it")
				}
			}
		}
	}
	if !essential {
		return refuse(code, property, "essential: false", "is what every container says; at least one must be essential")
	}
	if total, _ := strconv.Atoi(text(obj, "cpu")); total > 0 && cpu > total {
		return refuse(code, property, cpu, "cpu units in all containers exceed the task's %d; lower one or raise the other", total)
	}
	return containerLinks(obj, all, names)
}

// containerLinks checks what containers say of each other and of the task's volumes.
func containerLinks(obj *Object, all []container, names map[string]container) error {
	const code, property = "ClientException", "containerDefinitions"
	volumes := texts(obj, "volumes.name")
	for i, c := range all {
		path := property + "[" + strconv.Itoa(i) + "]"
		for _, d := range c.DependsOn {
			other, ok := names[d.ContainerName]
			switch {
			case !ok || d.ContainerName == c.Name:
				return refuse(code, path+".dependsOn", d.ContainerName, "is no other container of the task; name one that is")
			case d.Condition == "HEALTHY" && other.HealthCheck == nil:
				return refuse(code, path+".dependsOn", d.ContainerName, "has no healthCheck to be HEALTHY by; give it one, or use START")
			case (d.Condition == "SUCCESS" || d.Condition == "COMPLETE") && (other.Essential == nil || *other.Essential):
				return refuse(code, path+".dependsOn", d.ContainerName, "is essential, so the task ends with it; condition %s needs essential: false", d.Condition)
			case !slices.Contains([]string{"START", "HEALTHY", "SUCCESS", "COMPLETE"}, d.Condition):
				return refuse(code, path+".dependsOn.condition", d.Condition, "is none of START, COMPLETE, SUCCESS, HEALTHY")
			}
		}
		for _, m := range c.MountPoints {
			if !slices.Contains(volumes, m.SourceVolume) {
				return refuse(code, path+".mountPoints.sourceVolume", m.SourceVolume, "is no volume of the task; name one of %s", strings.Join(volumes, ", "))
			}
		}
	}
	return nil
}

func taskRoles(w World, obj, _ *Object) error {
	for _, property := range []string{"executionRoleArn", "taskRoleArn"} {
		if err := assumable(w, obj, property, text(obj, property), "ecs-tasks.amazonaws.com", "ClientException"); err != nil {
			return err
		}
	}
	return nil
}

// taskOf returns the task definition that a service runs: by ARN, family:revision, or the family's newest.
func taskOf(w World, obj *Object) *Object {
	key := text(obj, "taskDefinition")
	var newest *Object
	for _, o := range w.ByType(tTask, obj.Region) {
		family := text(o, "family")
		if key == arn(o) || key == family+":"+text(o, "revision") {
			return o
		}
		if key == family || key == text(o, "arnWithoutRevision") {
			newest = o
		}
	}
	return newest
}

func serviceTask(w World, obj, _ *Object) error {
	task := taskOf(w, obj)
	if task == nil {
		if text(obj, "deploymentController.type") == "EXTERNAL" || foreign(w, obj, text(obj, "taskDefinition")) {
			return nil
		}
		return refuse("ClientException", "taskDefinition", text(obj, "taskDefinition"), "does not exist in %s; name a registered revision", obj.Region)
	}
	all, err := containers(task)
	if err != nil {
		return nil
	}
	for _, b := range blocks(obj, "loadBalancers") {
		i := slices.IndexFunc(all, func(c container) bool { return c.Name == text(b, "containerName") })
		if i < 0 {
			return refuse("InvalidParameterException", "loadBalancers.containerName", text(b, "containerName"), "is no container of %s; name one that is", arn(task))
		}
		ports := all[i].PortMappings
		if !slices.ContainsFunc(ports, func(p struct{ ContainerPort, HostPort int }) bool {
			return float64(p.ContainerPort) == number(b, "containerPort")
		}) {
			return refuse("InvalidParameterException", "loadBalancers.containerPort", text(b, "containerPort"), "is no port of container %s; map it there", all[i].Name)
		}
	}
	return nil
}

func serviceNetwork(w World, obj, _ *Object) error {
	const code = "InvalidParameterException"
	mode := text(taskOf(w, obj), "networkMode")
	subnets := texts(obj, "networkConfiguration.subnets")
	if mode == "awsvpc" && len(subnets) == 0 {
		return absent(code, "networkConfiguration.subnets", "a task definition with awsvpc needs subnets")
	}
	vpc := ""
	for _, id := range subnets {
		of := text(w.Find(tSubnet, id, obj.Region), "vpcId")
		if vpc != "" && of != vpc {
			return refuse(code, "networkConfiguration.subnets", id, "is in %s and the others in %s; name subnets of one VPC", of, vpc)
		}
		vpc = of
	}
	for _, id := range texts(obj, "networkConfiguration.securityGroups") {
		if of := groupVPC(w, id, obj.Region); of != vpc {
			return refuse(code, "networkConfiguration.securityGroups", id, "is in %s and the subnets in %s; name a group of that VPC", of, vpc)
		}
	}
	for _, id := range texts(obj, "loadBalancers.targetGroupArn") {
		if of := text(w.Find(tTargetGroup, id, obj.Region), "vpcId"); vpc != "" && of != vpc {
			return refuse(code, "networkConfiguration.subnets", subnets[0], "is in %s and the target group %s in %s; put both into one VPC", vpc, id, of)
		}
	}
	return nil
}

func serviceTargets(w World, obj, _ *Object) error {
	const code = "InvalidParameterException"
	groups := texts(obj, "loadBalancers.targetGroupArn")
	for _, id := range groups {
		group := w.Find(tTargetGroup, id, obj.Region)
		if kind := text(group, "targetType"); kind != "ip" && text(taskOf(w, obj), "networkMode") == "awsvpc" {
			return refuse(code, "loadBalancers.targetGroupArn", id, "has targets of type %q; tasks with awsvpc need ip", kind)
		}
		if !attached(w, id, obj.Region) {
			return refuse(code, "loadBalancers.targetGroupArn", id, "does not have an associated load balancer; make the listener first (dependsOn)")
		}
	}
	if len(groups) == 0 && number(obj, "healthCheckGracePeriodSeconds") > 0 {
		return refuse(code, "healthCheckGracePeriodSeconds", text(obj, "healthCheckGracePeriodSeconds"), "is given without a load balancer; leave it out")
	}
	return nil
}

func serviceDeployment(w World, obj, _ *Object) error {
	const code = "InvalidParameterException"
	given := &Object{In: obj.In}
	strategies := blocks(given, "capacityProviderStrategies")
	if launch := text(given, "launchType"); launch != "" && len(strategies) > 0 {
		return refuse(code, "launchType", launch, "is given beside capacityProviderStrategies; keep one of the two")
	}
	if len(strategies) > 0 {
		cluster := w.Find(tCluster, text(obj, "cluster"), obj.Region)
		var offered []string
		for _, p := range w.ByType(tProviders, obj.Region) {
			if cluster != nil && text(p, "clusterName") == text(cluster, "name") {
				offered = texts(p, "capacityProviders")
			}
		}
		for _, s := range strategies {
			if name := text(s, "capacityProvider"); !slices.Contains(offered, name) {
				return refuse(code, "capacityProviderStrategies.capacityProvider", name, "is not associated with the cluster; add it to clusterCapacityProviders first (%s)",
					strings.Join(offered, ", "))
			}
		}
	}
	low, high := text(obj, "deploymentMinimumHealthyPercent"), text(obj, "deploymentMaximumPercent")
	if low != "" && high != "" && number(obj, "deploymentMinimumHealthyPercent") >= number(obj, "deploymentMaximumPercent") {
		return refuse(code, "deploymentMaximumPercent", high, "is not above the minimum of %s percent, so no task could be replaced; raise it", low)
	}
	return nil
}

// serviceSecrets refuses a service whose tasks could never start: their secrets or log groups are not there.
func serviceSecrets(w World, obj, _ *Object) error {
	const code = "ResourceInitializationError"
	all, err := containers(taskOf(w, obj))
	if err != nil {
		return nil // no such task, or refused when it was registered
	}
	for _, c := range all {
		for _, s := range c.Secrets {
			if !secretExists(w, obj, s.ValueFrom) {
				return refuse(code, "containerDefinitions."+c.Name+".secrets."+s.Name, s.ValueFrom,
					"is no secret or parameter that has a value; make it before the service (dependsOn its version)")
			}
		}
		if l := c.LogConfiguration; l != nil && l.LogDriver == "awslogs" && l.Options["awslogs-create-group"] != "true" {
			if group := l.Options["awslogs-group"]; w.Find(tLogGroup, group, l.Options["awslogs-region"]) == nil {
				return refuse(code, "containerDefinitions."+c.Name+".logConfiguration", group, "is no log group in %s; make it first", l.Options["awslogs-region"])
			}
		}
	}
	return nil
}

// secretExists takes an ARN of Secrets Manager, with or without :key:stage:version behind it, or a name or ARN of SSM.
func secretExists(w World, obj *Object, from string) bool {
	if foreign(w, obj, from) {
		return true
	}
	parts := strings.Split(from, ":")
	if len(parts) < 7 || parts[2] != "secretsmanager" {
		return w.Find(tParameter, from, obj.Region) != nil
	}
	secret := strings.Join(parts[:7], ":")
	if slices.ContainsFunc(w.ByType(tDatabase, obj.Region), func(o *Object) bool {
		return slices.Contains(texts(o, "masterUserSecrets.secretArn"), secret)
	}) {
		return true
	}
	return slices.ContainsFunc(w.ByType(tSecretVersion, obj.Region), func(o *Object) bool {
		s := w.Find(tSecret, text(o, "secretId"), obj.Region)
		return s != nil && arn(s) == secret
	})
}
