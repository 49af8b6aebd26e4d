// Command bench measures the service against its floor: a bare net/http handler on the same driver that runs the same
// SQL, the statement that authenticates included, with no checks. Both are loaded in turn, round by round, on one
// machine, so that the ratio holds where the absolute figures do not.
//
//	go run ./bench                       # 100,000 tasks; the table, and JSON where -o says
//	go run ./bench -million              # also: 1,000,000 tasks in one project, and the cost of its 10,000th page
//	go run ./bench -cases get,list -seconds 10 -rounds 5
//
// It needs a MySQL: TASKTRACKER_TEST_MYSQL_DSN where set, else a mysqld on PATH, which it starts on loopback with data of
// its own and stops. Everything it makes is removed again. The load is bounded by -seconds, -rounds and -clients.
package main
