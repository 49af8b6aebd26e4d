package platform

import (
	"net/netip"

	"github.com/task-tracker/task-tracker/infra/access"
	"github.com/task-tracker/task-tracker/infra/fault"
)

// rules are those between components. Each fault stands at the setting that is easiest to change.
func (c Config) rules(f *fault.Set) {
	c.protectionRules(f)
	c.recoveryRules(f)
	c.accessRules(f)
	const warning = 120 // seconds between a Spot task's notice and its end
	if weight := c.Service.Capacity.SpotWeight; weight > 0 && c.Edge.DrainingSeconds >= warning {
		f.Add("edge.drainingSeconds", "%d with service.capacity.spotWeight %d: Spot takes a task back %d seconds after its notice, so its requests would be cut; set less than %d, e.g. 90, or service.capacity.spotWeight to 0",
			c.Edge.DrainingSeconds, weight, warning, warning)
	}
	if want := architectures[c.Image.Platform]; c.Image.Ref == "" && want != "" && want != c.Service.Architecture {
		f.Add("service.architecture", "%q with image.platform %q: tasks could not run the image; set %s, or build for the other platform",
			c.Service.Architecture, c.Image.Platform, want)
	}
	if c.Service.BootstrapSecret == "none" {
		f.Add("service.bootstrapSecret", `"none" with a public endpoint: whoever comes first would make the first account; set "generated" or a secret's ARN`)
	}
}

// architectures are what ECS calls the platforms that images are built for.
var architectures = map[string]string{"linux/amd64": "X86_64", "linux/arm64": "ARM64"}

func (c Config) protectionRules(f *fault.Set) {
	if !c.Production || c.AllowUnprotected {
		return
	}
	for _, one := range []struct {
		path string
		on   bool
	}{
		{"database.deletionProtection", c.Database.DeletionProtection},
		{"edge.deletionProtection", c.Edge.DeletionProtection},
		{"storage.deletionProtection", c.Storage.DeletionProtection},
		{"foundation.deletionProtection", c.Foundation.DeletionProtection},
		{"network.deletionProtection", c.Network.DeletionProtection},
	} {
		f.Require(one.on, one.path, "false in a production stack: an update could delete it; set true, or state it with allowUnprotected: true")
	}
	if !c.Database.MultiAz && c.Database.RetentionDays == 0 {
		f.Add("database.retentionDays", "0 with database.multiAz false in a production stack: nothing would be left of a failed database; set 7 to 35, or multiAz: true")
	}
}

func (c Config) recoveryRules(f *fault.Set) {
	f.Require(c.Storage.OldVersionDays >= c.Database.RetentionDays, "storage.oldVersionDays",
		"%d is less than database.retentionDays, %d: the database could be taken back to a time whose attachments are gone; set %d or more",
		c.Storage.OldVersionDays, c.Database.RetentionDays, c.Database.RetentionDays)
	if c.RecoveryRegion == "" {
		return // what would be copied there is not
	}
	f.Require(regionPattern.MatchString(c.RecoveryRegion), "recoveryRegion", "%q is no AWS region; set us-west-2 or the like", c.RecoveryRegion)
	f.Require(c.RecoveryRegion != c.Region, "recoveryRegion", "%q is the stack's own region; set another", c.RecoveryRegion)
}

func (c Config) accessRules(f *fault.Set) {
	github := c.Access.GitHub
	f.Require(github.Provider == access.ProviderOff || github.RecoveryRegion == c.RecoveryRegion, "access.github.recoveryRegion",
		"%q is not the stack's recoveryRegion, %q, which the deploy role has to reach; set both alike", github.RecoveryRegion, c.RecoveryRegion)
	if !c.Access.Vpn.Enabled {
		return
	}
	clients, errClients := netip.ParsePrefix(c.Access.Vpn.ClientCidr)
	vpc, errVpc := netip.ParsePrefix(c.Network.Cidr)
	if errClients == nil && errVpc == nil && clients.Overlaps(vpc) { // what can't be parsed is a fault of its own
		f.Add("access.vpn.clientCidr", "%s overlaps the VPC's %s (network.cidr); choose other addresses, such as 10.100.0.0/22", clients, vpc)
	}
}

// ProtectionOff returns the settings that must change before a stack can be destroyed with all that is in it.
func ProtectionOff() map[string]any {
	return map[string]any{
		"allowUnprotected":            true,
		"database.deletionProtection": false,
		// In an update before: an instance whose replication was just stopped refuses to be deleted for some minutes.
		"database.recovery.replicateBackups": false,
		"edge.deletionProtection":            false,
		"storage.deletionProtection":         false,
		"storage.forceDestroy":               true,
		"foundation.deletionProtection":      false,
		"foundation.forceDestroy":            true,
		"network.deletionProtection":         false,
		"image.forceDelete":                  true,
		"backup.lock.enabled":                false,
		"backup.deleteWithVaults":            true,
	}
}
