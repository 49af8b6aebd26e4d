package service

import (
	"encoding/json"
	"fmt"
	"net/url"
	"sort"
	"strconv"
	"strings"
)

// What the image holds, and where the application listens.
const (
	Port = 3000

	binary        = "/usr/local/bin/tasktracker"
	caFile        = "/etc/ssl/rds/global-bundle.pem"
	user          = "65532:65532" // distroless' nonroot
	serve         = "serve"       // name of the container that the load balancer sends requests to
	migrate       = "migrate"
	drainDelay    = "10s"
	drainTimeout  = "25s"
	secondsToStop = 30 // of the migration, which has nothing to drain
)

// definition is a container as ECS takes it. Lists that ECS answers with although they were not given are written out
// empty, so that what is wanted and what is there read the same.
// Source: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDefinition.html.
type definition struct {
	Name                   string          `json:"name"`
	Image                  string          `json:"image"`
	CPU                    int             `json:"cpu"`
	Essential              bool            `json:"essential"`
	Command                []string        `json:"command"`
	User                   string          `json:"user"`
	ReadonlyRootFilesystem bool            `json:"readonlyRootFilesystem"`
	Privileged             bool            `json:"privileged"`
	LinuxParameters        linuxParameters `json:"linuxParameters"`
	PortMappings           []portMapping   `json:"portMappings"`
	Environment            []variable      `json:"environment"`
	Secrets                []secret        `json:"secrets"`
	MountPoints            []mountPoint    `json:"mountPoints"`
	VolumesFrom            []string        `json:"volumesFrom"`
	SystemControls         []string        `json:"systemControls"`
	DependsOn              []dependency    `json:"dependsOn,omitempty"`
	HealthCheck            *healthCheck    `json:"healthCheck,omitempty"`
	StopTimeout            int             `json:"stopTimeout"` // seconds
	LogConfiguration       logging         `json:"logConfiguration"`
}

type linuxParameters struct {
	InitProcessEnabled bool         `json:"initProcessEnabled"`
	Capabilities       capabilities `json:"capabilities"`
}

type capabilities struct {
	Add  []string `json:"add"`
	Drop []string `json:"drop"`
}

type portMapping struct {
	ContainerPort int    `json:"containerPort"`
	HostPort      int    `json:"hostPort"`
	Protocol      string `json:"protocol"`
}

type variable struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

type secret struct {
	Name      string `json:"name"`
	ValueFrom string `json:"valueFrom"` // ARN, or ARN:key:stage:version
}

type mountPoint struct {
	SourceVolume  string `json:"sourceVolume"`
	ContainerPath string `json:"containerPath"`
	ReadOnly      bool   `json:"readOnly"`
}

type dependency struct {
	ContainerName string `json:"containerName"`
	Condition     string `json:"condition"`
}

type healthCheck struct {
	Command     []string `json:"command"`
	Interval    int      `json:"interval"` // seconds, as are the others
	Timeout     int      `json:"timeout"`
	Retries     int      `json:"retries"`
	StartPeriod int      `json:"startPeriod"`
}

type logging struct {
	LogDriver string            `json:"logDriver"`
	Options   map[string]string `json:"options"`
}

// wired is what the containers get from other components, once it is known.
type wired struct {
	image                          string
	logGroup                       string
	bucket, publicURL              string
	appSecret, appVersion          string
	masterSecret                   string
	bootstrapSecret, replicaSecret string // "" where there is none
	region                         string
	trustedProxies, corsOrigins    []string
	settings                       Settings
}

// volume is one that a task brings, by name and where it is mounted.
type volume struct{ name, path string }

// volumes returns what is writable in a task. The agent of ECS Exec needs two folders of its own.
func (s Settings) volumes() []volume {
	all := []volume{{"tmp", "/tmp"}}
	if s.Exec {
		all = append(all, volume{"exec-lib", "/var/lib/amazon"}, volume{"exec-log", "/var/log/amazon"})
	}
	return all
}

// containers returns the container definitions of a task as JSON.
func (w wired) containers() (string, error) {
	if !strings.Contains(w.image, "@sha256:") {
		return "", fmt.Errorf("service: the image %q is named by a tag, which can come to mean another image; pass repository@sha256:…", w.image)
	}
	text, err := json.Marshal([]definition{w.migrate(), w.serve()})
	if err != nil {
		return "", fmt.Errorf("container definitions: %w", err)
	}
	return string(text), nil
}

// migrate is the container that has to end well before the other starts. It has no start timeout, which on Fargate
// could be 2 minutes at most: it waits for the database as long as it was told to.
func (w wired) migrate() definition {
	d := w.container(migrate, []string{"migrate", "up", "--wait", "10m", "--ensure-user"}, nil, map[string]string{
		"TASKTRACKER_DATABASE_ADMIN_PASSWORD": w.masterSecret + ":password::",
		"TASKTRACKER_DATABASE_ADMIN_USER":     w.masterSecret + ":username::",
	})
	d.StopTimeout = secondsToStop
	return d
}

// serve is the container that answers.
func (w wired) serve() definition {
	environment := map[string]string{
		"TASKTRACKER_ADDR":             ":" + strconv.Itoa(Port),
		"TASKTRACKER_BLOB_URL":         "s3://" + w.bucket + "?region=" + url.QueryEscape(w.region),
		"TASKTRACKER_CORS_ORIGINS":     strings.Join(w.corsOrigins, ","),
		"TASKTRACKER_DRAIN_DELAY":      drainDelay,
		"TASKTRACKER_PUBLIC_URL":       w.publicURL,
		"TASKTRACKER_SHUTDOWN_TIMEOUT": drainTimeout,
		"TASKTRACKER_SIGNUP":           w.settings.Signup,
		"TASKTRACKER_TRUSTED_PROXIES":  strings.Join(w.trustedProxies, ","),
	}
	d := w.container(serve, []string{"serve"}, environment, map[string]string{
		"TASKTRACKER_BOOTSTRAP_TOKEN":      w.bootstrapSecret,
		"TASKTRACKER_DATABASE_REPLICA_URL": w.replicaSecret,
	})
	d.Essential = true
	d.PortMappings = []portMapping{{ContainerPort: Port, HostPort: Port, Protocol: "tcp"}}
	d.DependsOn = []dependency{{ContainerName: migrate, Condition: "SUCCESS"}}
	d.HealthCheck = &healthCheck{Command: []string{"CMD", binary, "healthcheck"}, Interval: 30, Timeout: 5, Retries: 3, StartPeriod: 10}
	d.StopTimeout = w.settings.Deployment.StopTimeoutSeconds
	return d
}

// container returns what both have in common: limits of Go's runtime, the database, and the lack of privileges.
// Variables and secrets without a value are left out.
func (w wired) container(name string, command []string, environment, secrets map[string]string) definition {
	common := map[string]string{
		"GOMAXPROCS":                   strconv.Itoa(max(1, w.settings.CPU/1024)),
		"GOMEMLIMIT":                   fmt.Sprintf("%dMiB", w.settings.MemoryMiB*25/32),
		"TASKTRACKER_DATABASE_CA_FILE": caFile,
		"TASKTRACKER_LOG_LEVEL":        w.settings.LogLevel,
	}
	for key, value := range environment {
		common[key] = value
	}
	database := map[string]string{}
	for variable, key := range map[string]string{"HOST": "host", "NAME": "name", "USER": "username", "PASSWORD": "password"} {
		// The version is pinned: a new one makes a new task definition, and so reaches tasks by a deployment.
		database["TASKTRACKER_DATABASE_"+variable] = fmt.Sprintf("%s:%s::%s", w.appSecret, key, w.appVersion)
	}
	for key, value := range secrets {
		database[key] = value
	}
	d := definition{
		Name: name, Image: w.image, Command: command, User: user, ReadonlyRootFilesystem: true,
		LinuxParameters: linuxParameters{InitProcessEnabled: true, Capabilities: capabilities{Add: []string{}, Drop: []string{"ALL"}}},
		PortMappings:    []portMapping{}, Environment: []variable{}, Secrets: []secret{},
		VolumesFrom: []string{}, SystemControls: []string{},
		LogConfiguration: logging{LogDriver: "awslogs", Options: map[string]string{
			"awslogs-group": w.logGroup, "awslogs-region": w.region, "awslogs-stream-prefix": "task",
			"mode": "non-blocking", "max-buffer-size": "10m", // a stuck log must not stop requests
		}},
	}
	for _, v := range w.settings.volumes() {
		d.MountPoints = append(d.MountPoints, mountPoint{SourceVolume: v.name, ContainerPath: v.path})
	}
	for _, key := range sorted(common) {
		d.Environment = append(d.Environment, variable{Name: key, Value: common[key]})
	}
	for _, key := range sorted(database) {
		d.Secrets = append(d.Secrets, secret{Name: key, ValueFrom: database[key]})
	}
	return d
}

// sorted returns the keys that have a value, in order.
func sorted(m map[string]string) []string {
	keys := make([]string, 0, len(m))
	for key, value := range m {
		if value != "" {
			keys = append(keys, key)
		}
	}
	sort.Strings(keys)
	return keys
}
