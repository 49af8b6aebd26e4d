package awssim

import (
	"slices"
	"strconv"
	"strings"
)

// databaseStorageRules are of what an RDS instance is made of: disk, windows, insights.
func databaseStorageRules() map[string][]rule {
	return map[string][]rule{
		tDatabase: {onWrite(databaseDisk), onWrite(databaseShrinks), onWrite(databaseWindows), onWrite(databaseInsights), onWrite(databaseFinal)},
	}
}

func databaseDisk(_ World, obj, _ *Object) error {
	const code = "InvalidParameterCombination"
	given := &Object{In: obj.In}
	disk, size := text(given, "storageType"), number(given, "allocatedStorage")
	if size > 0 {
		least := 20.0
		if disk == "io1" || disk == "io2" {
			least = 100
		}
		if disk != "standard" && (size < least || size > 65536) {
			return refuse("InvalidParameterValue", "allocatedStorage", size, "GiB is not between %v and 65536, the limits of %s; choose such a size", least, disk)
		}
	}
	if most := number(given, "maxAllocatedStorage"); most > 0 && size > 0 && most <= size {
		return refuse(code, "maxAllocatedStorage", most, "GiB is not above allocatedStorage %v; raise it, or set 0 for no growth", size)
	}
	iops, throughput := number(given, "iops"), number(given, "storageThroughput")
	if iops > 0 && !slices.Contains([]string{"io1", "io2", "gp3"}, disk) {
		return refuse(code, "iops", iops, "is given for %s; only io1, io2 and gp3 take it", disk)
	}
	if throughput > 0 && disk != "gp3" {
		return refuse(code, "storageThroughput", throughput, "is given for %s; only gp3 takes it", disk)
	}
	if disk == "gp3" && (iops > 0 || throughput > 0) && size > 0 && size < 400 {
		return refuse(code, "allocatedStorage", size, "GiB of gp3 takes no iops or storageThroughput; leave those out, or use 400 GiB or more")
	}
	if iops > 0 && size > 0 && (iops/size > 50 && disk != "gp3" || iops/size > 500) {
		return refuse(code, "iops", iops, "is too much for %v GiB; use at most %v", size, map[bool]float64{true: 500 * size, false: 50 * size}[disk == "gp3"])
	}
	return nil
}

func databaseShrinks(_ World, obj, old *Object) error {
	now, before := number(obj, "allocatedStorage"), number(old, "allocatedStorage")
	if old == nil || now == 0 || now >= before || number(obj, "maxAllocatedStorage") > now {
		return nil
	}
	return refuse("InvalidParameterCombination", "allocatedStorage", now, "GiB is less than the %v there are; storage only grows, so keep %v or more", before, before)
}

func databaseWindows(_ World, obj, _ *Object) error {
	backup, maintenance := text(obj, "backupWindow"), text(obj, "maintenanceWindow")
	b0, b1, ok := window(backup)
	if backup != "" && (!ok || (b1-b0+1440)%1440 < 30) {
		return refuse("InvalidParameterValue", "backupWindow", backup, "is not at least 30 minutes as hh:mm-hh:mm (UTC); write it as 03:00-04:00")
	}
	if maintenance == "" {
		return nil
	}
	_, from, _ := strings.Cut(maintenance, ":")
	start, end, two := strings.Cut(from, "-")
	_, until, _ := strings.Cut(end, ":")
	m0, m1, valid := window(start + "-" + until)
	if !two || !valid || (m1-m0+1440)%1440 < 30 {
		return refuse("InvalidParameterValue", "maintenanceWindow", maintenance, "is not at least 30 minutes as ddd:hh:mm-ddd:hh:mm (UTC); write it as sun:05:00-sun:06:00")
	}
	if ok && backup != "" && ((m0-b0+1440)%1440 < (b1-b0+1440)%1440 || (b0-m0+1440)%1440 < (m1-m0+1440)%1440) {
		return refuse("InvalidParameterCombination", "maintenanceWindow", maintenance, "overlaps the backupWindow %s; move one of them", backup)
	}
	return nil
}

// window returns the minutes of the day in hh:mm-hh:mm.
func window(s string) (from, to int, ok bool) {
	a, b, _ := strings.Cut(s, "-")
	minutes := func(t string) int {
		h, m, _ := strings.Cut(t, ":")
		hour, err1 := strconv.Atoi(h)
		minute, err2 := strconv.Atoi(m)
		if err1 != nil || err2 != nil || hour < 0 || hour > 23 || minute < 0 || minute > 59 {
			return -1
		}
		return hour*60 + minute
	}
	from, to = minutes(a), minutes(b)
	return from, to, from >= 0 && to >= 0
}

func databaseInsights(_ World, obj, old *Object) error {
	const code = "InvalidParameterCombination"
	class := text(obj, "instanceClass")
	small := []string{"db.t2.micro", "db.t2.small", "db.t3.micro", "db.t3.small", "db.t4g.micro", "db.t4g.small"}
	if truthy(obj, "performanceInsightsEnabled") && slices.Contains(small, class) {
		return refuse(code, "performanceInsightsEnabled", true, "is not offered on %s; set false, or use db.t3.medium or larger", class)
	}
	if text(obj, "databaseInsightsMode") == "advanced" && !truthy(obj, "performanceInsightsEnabled") {
		return refuse(code, "databaseInsightsMode", "advanced", "needs performanceInsightsEnabled; set that too, or use standard")
	}
	if days := number(&Object{In: obj.In}, "performanceInsightsRetentionPeriod"); days > 0 {
		kept := old != nil && days == number(&Object{In: old.In}, "performanceInsightsRetentionPeriod") // by AWS, when it was turned off
		if !truthy(obj, "performanceInsightsEnabled") && !kept {
			return refuse(code, "performanceInsightsRetentionPeriod", days, "is given without performanceInsightsEnabled; leave it out")
		}
		if days != 7 && days != 731 && int(days)%31 != 0 {
			return refuse("InvalidParameterValue", "performanceInsightsRetentionPeriod", days, "is neither 7, 731 nor a multiple of 31; choose such a time")
		}
	}
	if days := number(obj, "backupRetentionPeriod"); days < 0 || days > 35 {
		return refuse("InvalidParameterValue", "backupRetentionPeriod", days, "is not between 0 and 35 days; choose such a time")
	}
	return nil
}

// databaseFinal refuses two databases that would leave a last snapshot of one name: the second could not be deleted.
func databaseFinal(w World, obj, old *Object) error {
	id := text(obj, "finalSnapshotIdentifier")
	for _, o := range others(w, obj, old, obj.Region) {
		if id != "" && text(o, "finalSnapshotIdentifier") == id && text(o, "identifier") != text(obj, "identifier") {
			return refuse("DBSnapshotAlreadyExists", "finalSnapshotIdentifier", id, "is the last snapshot of %s too; choose a name of its own", label(o))
		}
	}
	return nil
}
