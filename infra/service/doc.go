// Package service runs the application: an ECS cluster on Fargate, a task definition, a service behind the load
// balancer that rolls failed deployments back, its scaling, and the two roles of its tasks.
//
// # A task
//
// A task has two containers of one image. migrate brings the schema up to date and creates the application's database
// user; it alone receives the master secret, and has to end well before serve starts. serve answers on port 3000.
// Both run as user 65532 on a read-only root without capabilities. /tmp is a volume of its own, for uploads and
// imports that don't fit in memory: the image has to declare it (VOLUME /tmp), for Fargate copies the owner and mode
// of a volume from the image, and gives one that the image doesn't declare to root.
//
// # A deployment
//
// Old tasks go when new ones are healthy (100 to 200 % of the wanted number). The circuit breaker and the alarms that
// are passed in roll a failed deployment back. AWS then reports a stable service; so after the update [New] asks which
// task definition the service runs, and fails the update where it isn't the one that was wanted.
//
// # Scaling
//
// Target tracking keeps CPU, memory and requests per task near their targets. It needs 3 minutes of data to scale out
// and 15 to scale in, so alarms of our own with periods of one minute drive step policies beside it: out after one
// minute above a target, in after five minutes in which CPU and requests are below half of theirs and memory is below
// three quarters. Half, because the load of two tasks has to fit on one.
//
// The number of tasks belongs to scaling after the first deployment: the service ignores changes of its desired count.
package service
