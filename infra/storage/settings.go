package storage

import "github.com/task-tracker/task-tracker/infra/fault"

// Settings are what a platform engineer decides about the storage.
type Settings struct {
	TieringDays            int  `json:"tieringDays" default:"30" unit:"days" example:"0" doc:"When an object moves to Intelligent-Tiering, which costs less for what is seldom read. 0 moves it at once; objects under 128 KiB stay."`
	OldVersionDays         int  `json:"oldVersionDays" default:"90" unit:"days" example:"35" doc:"How long an overwritten or deleted object can still be brought back. No less than the database's backups reach back, so that both can be restored to one time."`
	IncompleteUploadDays   int  `json:"incompleteUploadDays" default:"7" unit:"days" example:"1" doc:"When the parts of an upload that was never finished are deleted."`
	Replication            bool `json:"replication" default:"true" doc:"Copies objects to the second region, where the stack has one."`
	ReplicationTimeControl bool `json:"replicationTimeControl" default:"true" doc:"Has S3 copy within 15 minutes and measure it, for a price per GB. Without it most copies take minutes as well, but none is promised."`
	DeletionProtection     bool `json:"deletionProtection" default:"true" doc:"Keeps the engine from deleting the bucket and its replica."`
	ForceDestroy           bool `json:"forceDestroy" default:"false" doc:"Lets the buckets be deleted with the objects in them. Without it a bucket that is not empty stops a destroy."`
}

// Validate records what is wrong with the settings; paths are relative to the component.
func (s Settings) Validate(f *fault.Set) {
	f.Within("tieringDays", s.TieringDays, 0, 3650, "the days that an object may wait")
	f.Within("oldVersionDays", s.OldVersionDays, 1, 3650, "the days that a version may be kept")
	f.Within("incompleteUploadDays", s.IncompleteUploadDays, 1, 365, "the days that parts may be kept")
	f.Require(!s.DeletionProtection || !s.ForceDestroy, "forceDestroy",
		"true contradicts deletionProtection: true, which keeps the buckets; set one of them to false")
}
