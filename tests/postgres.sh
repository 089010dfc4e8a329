#!/usr/bin/env bash
# A throw-away PostgreSQL for the tests, shared by every test process.
#   tests/postgres.sh start          starts it, unless it runs
#   tests/postgres.sh stop           stops it and erases its files
#   tests/postgres.sh COMMAND…       starts it, runs the command, and stops it after the last such command,
#                                    unless it was started by hand
# Its address is in target/test-postgres, where tests/src/database.rs reads it.
set -euo pipefail
cd "$(dirname "$0")/.."
mkdir -p target
state=$PWD/target/test-postgres

say() { printf 'tests/postgres.sh: %s\n' "$*" >&2; }

binaries() {
	if [ -n "$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null)" ]; then
		ls -d /usr/lib/postgresql/*/bin | sort -V | tail -1
	elif command -v pg_config >/dev/null; then
		pg_config --bindir
	else
		say "PostgreSQL is missing: run  scripts/setup"
		return 1
	fi
}

# PostgreSQL refuses to run as root.
as_user() {
	if [ "$(id -u)" -ne 0 ]; then
		"$@"
	else
		setpriv --reuid="$(owner)" --regid="$(id -g "$(owner)")" --clear-groups -- "$@"
	fi
}
owner() { if id postgres >/dev/null 2>&1; then echo postgres; else echo nobody; fi; }

start() {
	local bin folder
	bin=$(binaries)
	if [ -f "$state" ]; then
		"$bin/pg_isready" --quiet --host="$(sed 's/.*@\(.*\)\/postgres/\1/; s/%2F/\//g' "$state")" && return 0
		stop
	fi
	folder=$(mktemp -d /tmp/releve-postgres.XXXXXX)
	[ "$(id -u)" -ne 0 ] || chown "$(owner)" "$folder"
	cd /
	# Not durable and C-sorted; deadlocks are found soon, since a test makes one.
	as_user "$bin/initdb" --pgdata="$folder/data" --username=releve --auth=trust --locale=C \
		--encoding=UTF8 --no-sync >"$folder.log" 2>&1 &&
		as_user "$bin/pg_ctl" start --silent --wait --pgdata="$folder/data" --log="$folder/log" \
			--options="-c listen_addresses='' -c unix_socket_directories=$folder -c max_connections=300 \
				-c fsync=off -c synchronous_commit=off -c full_page_writes=off -c deadlock_timeout=50ms" \
			8>&- 9>&- >>"$folder.log" 2>&1 || {
		cat "$folder.log" "$folder/log" >&2 2>/dev/null
		rm -rf "$folder" "$folder.log"
		say "PostgreSQL did not start: its own words are above"
		return 1
	}
	rm -f "$folder.log"
	printf 'postgres://releve@%s/postgres' "${folder//\//%2F}" >"$state"
}

stop() {
	[ -f "$state" ] || return 0
	local bin folder
	bin=$(binaries)
	folder=$(sed 's/.*@\(.*\)\/postgres/\1/; s/%2F/\//g' "$state")
	rm -f "$state"
	case $folder in
	/tmp/releve-postgres.??????)
		(cd / && as_user "$bin/pg_ctl" stop --silent --mode=immediate --pgdata="$folder/data" >/dev/null 2>&1) || true
		rm -rf "$folder"
		;;
	esac
}

# Lock 9: one at a time starts or stops. Lock 8: shared by the commands that use it.
exec 9>"$state.lock" 8>"$state.users"
case ${1:-} in
start)
	flock 9
	(start)
	: >"$state.kept"
	;;
stop)
	flock 9
	rm -f "$state.kept"
	stop
	;;
?*)
	flock --shared 8
	flock 9
	(start)
	flock --unlock 9
	code=0
	"$@" 8>&- 9>&- || code=$?
	flock 9
	flock --unlock 8
	if [ ! -f "$state.kept" ] && flock --exclusive --nonblock 8; then stop; fi
	exit "$code"
	;;
*)
	say "say start, stop or a command to run"
	exit 2
	;;
esac
