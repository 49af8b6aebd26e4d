package awssim

import (
	"fmt"
	"strings"
)

// regionFacts is what AWS has chosen once for a region.
type regionFacts struct {
	zones        string // the letters of the zones that an account sees
	zoneNumbers  string // which azN each letter is; "" counts a as 1. Accounts differ; this is one of them.
	balancerZone string // Route 53's zone of application load balancers
	websiteZone  string // Route 53's zone of S3 websites
	databaseZone string // Route 53's zone of RDS endpoints
	logAccount   string // AWS's account that writes load balancers' logs, for policies of the older kind
	s3List       string // the managed prefix list of S3
	s3Range      string // one range in it
}

// regions are those that people use most. Sources, in the order of the fields: EC2's DescribeAvailabilityZones;
// https://docs.aws.amazon.com/general/latest/gr/elb.html, …/s3.html#s3_website_region_endpoints and RDS's DescribeDBInstances;
// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/enable-access-logging.html; EC2's DescribePrefixLists.
var regions = map[string]regionFacts{
	"us-east-1":      {"abcdef", "", "Z35SXDOTRQ7X7K", "Z3AQBSTGFYJSTF", "Z2R2ITUGPM61AM", "127311923021", "pl-63a5400a", "52.216.0.0/15"},
	"us-east-2":      {"abc", "", "Z3AADJGX6KTTL2", "Z2O1EMRO9K5GLX", "Z2XHWR1WZ565X2", "033677994240", "pl-7ba54012", "52.219.80.0/20"},
	"us-west-1":      {"ac", "", "Z368ELLRRE2KJ0", "Z2F56UZL2M1ACD", "Z10WI91S59XXQN", "027434742980", "pl-6ba54002", "52.219.20.0/22"},
	"us-west-2":      {"abcd", "", "Z1H1FL5HABSF5", "Z3BJ6K6RIION7M", "Z1PVIF0B656C1W", "797873946194", "pl-68a54001", "52.218.128.0/17"},
	"ca-central-1":   {"abd", "", "ZQSVJUPU6J1EY", "Z1QDHH18159H29", "", "985666609251", "pl-7da54014", "52.95.146.0/23"},
	"eu-central-1":   {"abc", "", "Z215JYRZR1TBD5", "Z21DNDUVLTQW6Q", "Z1RLNUO7B9Q6NB", "054676820928", "pl-6ea54007", "52.219.44.0/22"},
	"eu-north-1":     {"abc", "", "Z23TAZ6LKFMNIO", "Z3BAZG2TWCNX0D", "", "897822967062", "pl-c3aa4faa", "52.95.169.0/24"},
	"eu-south-1":     {"abc", "", "Z3ULH7SSC9OV64", "Z30OZKI7KPW7MI", "", "635631232127", "", ""},
	"eu-west-1":      {"abc", "", "Z32O12XQLNTSW2", "Z1BKCTXD74EZPE", "Z29XKXDKYMONMX", "156460612806", "pl-6da54004", "52.218.0.0/17"},
	"eu-west-2":      {"abc", "", "ZHURV8PSTC4K8", "Z3GKZC51ZF0DB4", "Z1TTGA775OQIYO", "652711504416", "pl-7ca54015", "52.95.148.0/23"},
	"eu-west-3":      {"abc", "", "Z3Q77PNBQS71R4", "Z3R1K369G5AVDG", "", "009996457667", "pl-23ad484a", "52.95.154.0/23"},
	"ap-northeast-1": {"acd", "412", "Z14GRHDCWA56QT", "Z2M4EHUR26P7ZW", "Z24O6O9L7SGTNB", "582318560864", "pl-61a54008", "52.219.0.0/20"},
	"ap-northeast-2": {"abcd", "", "ZWKZPGTI48KDX", "Z3W03O7B5YMIYP", "", "600734575887", "pl-78a54011", "52.219.60.0/23"},
	"ap-south-1":     {"abc", "", "ZP97RAFLXTNZK", "Z11RGJOFQNVJUP", "", "718504428378", "pl-78a54011", "52.219.64.0/22"},
	"ap-southeast-1": {"abc", "", "Z1LMS91P8CMLE5", "Z3O0J2DXBE1FTB", "Z2G0U3KFCY8NZ5", "114774131450", "pl-6fa54006", "52.219.32.0/21"},
	"ap-southeast-2": {"abc", "", "Z1GM3OXH4ZPM65", "Z1WCIGYICN2BYD", "Z32T0VRHXEXS0V", "783225319266", "pl-6ca54005", "52.95.128.0/21"},
	"sa-east-1":      {"abc", "", "Z2P70J7HTTTPLU", "Z7KQH4QJS55SO", "", "507241528517", "pl-6aa54003", "52.95.136.0/23"},
}

// factsOf completes what is known of a region with what is made up from its name.
func factsOf(region string) regionFacts {
	r := regions[region]
	for field, part := range map[*string]string{&r.balancerZone: "lb", &r.websiteZone: "website", &r.databaseZone: "rds"} {
		if *field == "" {
			*field = "Z" + strings.ToUpper(hashed(region + " " + part)[:13])
		}
	}
	if r.zones == "" {
		r.zones = "abc"
	}
	if r.s3List == "" {
		r.s3List, r.s3Range = "pl-"+hashed(region + " s3")[:8], "52.92.0.0/20"
	}
	return r
}

// prefixList is the id of the managed prefix list of an AWS service in a region, com.amazonaws.us-east-1.s3, and a range in it.
func prefixList(region, service string) (id, cidr string) {
	if strings.HasSuffix(service, ".s3") {
		return factsOf(region).s3List, factsOf(region).s3Range
	}
	return "pl-" + hashed(region + "|" + service)[:8], "52.94.0.0/22"
}

// zoneID maps us-east-1a to use1-az1; nil where the name is no zone's.
func zoneID(name string) any {
	parts := strings.Split(name, "-")
	if len(parts) != 3 || len(parts[2]) != 2 {
		return nil
	}
	letter := name[len(name)-1:]
	number := int(letter[0]-'a') + 1
	if r := regions[name[:len(name)-1]]; r.zoneNumbers != "" && strings.Contains(r.zones, letter) {
		number = int(r.zoneNumbers[strings.Index(r.zones, letter)] - '0')
	}
	directions := strings.NewReplacer("north", "n", "south", "s", "east", "e", "west", "w", "central", "c")
	return fmt.Sprintf("%s%s%c-az%d", parts[0], directions.Replace(parts[1]), parts[2][0], number)
}

// zoneNames are the zones of a region in order.
func zoneNames(region string) []string {
	var names []string
	for _, letter := range factsOf(region).zones {
		names = append(names, region+string(letter))
	}
	return names
}

// hostName is the name of an address inside or outside of a VPC.
func hostName(region, address string, public bool) string {
	dashed := strings.ReplaceAll(address, ".", "-")
	switch {
	case public && region == "us-east-1":
		return "ec2-" + dashed + ".compute-1.amazonaws.com"
	case public:
		return "ec2-" + dashed + "." + region + ".compute.amazonaws.com"
	case region == "us-east-1":
		return "ip-" + dashed + ".ec2.internal"
	}
	return "ip-" + dashed + "." + region + ".compute.internal"
}

// endpointHost is what follows the id in the name of an interface endpoint: com.amazonaws.us-east-1.ecr.api is reached as
// api.ecr.us-east-1.vpce.amazonaws.com.
func endpointHost(region, service string) string {
	_, name, _ := strings.Cut(service, "."+region+".")
	parts := strings.Split(name, ".")
	host := ""
	for _, part := range parts {
		host = part + "." + host
	}
	return host + region + ".vpce.amazonaws.com"
}
