// Package transfer moves a whole workspace: out as a stream of lines, and in again, on the same engine or another.
//
// The format is NDJSON: one JSON object a line, whose first member is "type". In this order:
//
//	{"type":"header","format":"tasktracker.workspace","version":1}
//	{"type":"workspace", …}                     one
//	{"type":"account", …}                       here and anywhere below: before the first line that names the person
//	{"type":"member", …}
//	{"type":"project", …}                       with last_number, the counter of its task numbers
//	{"type":"status", …}
//	{"type":"label", …}
//	{"type":"task", …}                          with assignee_ids and label_ids; below each task what hangs on it:
//	  {"type":"task_number", …}                 its number in a project that it was in before
//	  {"type":"checklist_item", …}              as many as the task's checklist counts; without items the task has no checklist
//	  {"type":"comment", …}
//	    {"type":"comment_revision", …}
//	  {"type":"attachment", …}                  only those whose bytes are there
//	    {"type":"attachment_data", …}           its bytes, base64, at most 256 KiB a line
//	{"type":"relation", …}
//	{"type":"activity", …}
//	{"type":"trailer","counts":{…},"sha256":"…"}
//
// The trailer counts the lines of each type and holds the SHA-256 of all lines before it, line ends included, so that a
// file that was cut off or altered is found out. The same state of a workspace always gives the same bytes. Ids and times are kept;
// passwords, tokens and
// where attachments' bytes are stored are not in the file; an account is matched by its e-mail address, and only where the address is unknown it is made, without a password.
//
// An import obeys the rules that the API has for what clients send. What the API counts by itself is bounded too: versions,
// task numbers and last_number are at most 2^52, so that they can be counted on within the 2^53 - 1 that the contract
// allows; positions lie within ±(2^53 - 1). A new task stands at its number × 2^20, and from number 2^33 on, where that
// would be beyond the last position, at the last position. The former versions of a comment are below its present one.
// A number beyond its bound is refused with its line and field.
//
// Both ways hold no more than some hundred lines in memory, and 40 bytes for each subtask, each "blocks" and each
// task_number.
package transfer
