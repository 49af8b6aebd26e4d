package awssim

import (
	"regexp"
	"strings"
	"testing"
)

// The platform may stand in any of these; what is made up from a region's name is not enough there.
var common12 = []string{
	"us-east-1", "us-east-2", "us-west-1", "us-west-2", "eu-central-1", "eu-west-1", "eu-west-2", "eu-west-3", "eu-north-1",
	"ap-southeast-1", "ap-southeast-2", "ap-northeast-1",
}

func TestRegionsAreKnown(t *testing.T) {
	t.Parallel()
	zone, list, account := regexp.MustCompile(`^Z[0-9A-Z]{12,20}$`), regexp.MustCompile(`^pl-[0-9a-f]{8}$`), regexp.MustCompile(`^\d{12}$`)
	for _, region := range common12 {
		r, ok := regions[region]
		if !ok || len(r.zones) < 2 || !zone.MatchString(r.balancerZone) || !zone.MatchString(r.websiteZone) || !list.MatchString(r.s3List) ||
			!account.MatchString(r.logAccount) || r.s3Range == "" {
			t.Errorf("%s: %+v", region, r)
		}
	}
	taken := map[string]string{}
	for region := range regions {
		for _, id := range []string{factsOf(region).balancerZone, factsOf(region).websiteZone, factsOf(region).databaseZone} {
			if other, twice := taken[id]; twice {
				t.Errorf("%s is a zone of %s and of %s", id, other, region)
			}
			taken[id] = region
		}
	}
	if r := factsOf("xx-middle-9"); r.zones != "abc" || !zone.MatchString(r.balancerZone) || !list.MatchString(r.s3List) {
		t.Errorf("a region that is not known: %+v", r)
	}
}

func TestWhatFollowsFromARegion(t *testing.T) {
	t.Parallel()
	s3 := func(region string) any { id, _ := prefixList(region, "com.amazonaws."+region+".s3"); return id }
	for name, test := range map[string]struct{ got, want any }{
		"zone id":                {zoneID("us-east-1a"), "use1-az1"},
		"zone id, two words":     {zoneID("ap-southeast-2c"), "apse2-az3"},
		"zone id, in the middle": {zoneID("eu-central-1b"), "euc1-az2"},
		"zone id, out of order":  {zoneID("ap-northeast-1a"), "apne1-az4"},
		"no zone":                {zoneID("us-east-1"), nil},
		"zones":                  {strings.Join(zoneNames("us-west-1"), " "), "us-west-1a us-west-1c"},
		"private, us-east-1":     {hostName("us-east-1", "10.0.0.1", false), "ip-10-0-0-1.ec2.internal"},
		"private":                {hostName("eu-west-1", "10.0.0.1", false), "ip-10-0-0-1.eu-west-1.compute.internal"},
		"public, us-east-1":      {hostName("us-east-1", "52.0.0.1", true), "ec2-52-0-0-1.compute-1.amazonaws.com"},
		"public":                 {hostName("eu-west-1", "52.0.0.1", true), "ec2-52-0-0-1.eu-west-1.compute.amazonaws.com"},
		"endpoint":               {endpointHost("eu-west-1", "com.amazonaws.eu-west-1.ecr.api"), "api.ecr.eu-west-1.vpce.amazonaws.com"},
		"S3 here":                {s3("us-east-1"), "pl-63a5400a"},
		"S3 there":               {s3("eu-central-1"), "pl-6ea54007"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if test.got != test.want {
				t.Errorf("got %v, want %v", test.got, test.want)
			}
		})
	}
}

func TestZonesAndServicesOfTheRegion(t *testing.T) {
	t.Parallel()
	in := func(region, token string, in props) *Object {
		o := thing(token, "new", in)
		o.Region = region
		return o
	}
	zone := func(region, zone string) *Object { return in(region, tSubnet, props{"availabilityZone": zone}) }
	service := func(name string) *Object { return in("eu-west-1", tEndpoint, props{"serviceName": name}) }
	attempt(t, []rule{onWrite(subnetZone)}, []try{
		{name: "zone", obj: zone("us-east-1", "us-east-1f")},
		{name: "zone that the account lacks", obj: zone("us-west-1", "us-west-1b"), want: `InvalidParameterValue: availabilityZone: "us-west-1b" is not a zone of us-west-1; subnets can currently only be created in us-west-1a, us-west-1c`},
		{name: "zone of another region", obj: zone("us-east-1", "us-west-1a"), want: "is not a zone of us-east-1"},
		{name: "zone of a region that is not known", obj: zone("xx-middle-9", "xx-middle-9d")},
		{name: "zone chosen by AWS", obj: zone("us-east-1", "")},
	})
	attempt(t, []rule{onWrite(endpointService)}, []try{
		{name: "service", obj: service("com.amazonaws.eu-west-1.ecr.api")},
		{name: "somebody's service", obj: service("com.amazonaws.vpce.us-east-1.vpce-svc-1")},
		{name: "service of another region", obj: service("com.amazonaws.us-east-1.s3"), want: `InvalidServiceName: serviceName: "com.amazonaws.us-east-1.s3" does not exist in eu-west-1; write com.amazonaws.eu-west-1.{service}`},
	})
}
