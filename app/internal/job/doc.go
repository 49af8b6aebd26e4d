// Package job runs what has to be done again and again beside the requests: sweeping and purging.
//
//	r := job.NewRunner(log, registry)
//	r.Add(job.Job{Name: "sweep_attachments", Every: 10 * time.Minute, Run: attachments.Sweep})
//	err := r.Run(ctx) // until ctx ends and every job has returned
//
// Every process of a fleet runs all jobs, so a job must be safe to run in several at once, do a bounded piece of work,
// and leave for the next time what it did not get done. A failure is logged and counted; it stops nothing.
package job
