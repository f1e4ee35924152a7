#!/bin/sh
# A monitor that misses nothing, of curl and sed: sh examples/monitor.sh FILE
#
# Every event of the log becomes one line of FILE, exactly once and in order. The line and the place in the log are written in
# one step, because they are the same line: whatever is killed when, the last whole line says where to go on.
set -u
file=${1:?usage: sh examples/monitor.sh FILE}
url=${MEMOIR_URL:-http://127.0.0.1:4000}
query='subscription ($after: String) { operationEvents(after: $after) { cursor seq type at operationId kind state message } }'

pipe=$(mktemp -u) && mkfifo -m 600 "$pipe" || exit 1
trap 'kill "$reader" 2>/dev/null; rm -f "$pipe"' EXIT
trap 'exit 1' INT TERM
reader=

touch "$file"
# The half of a line that a crash may have left is dropped: the file then ends with a whole line.
if [ -s "$file" ] && [ -n "$(tail -c 1 "$file")" ]; then
  sed -i '$d' "$file"
fi

while :; do
  after=$(tail -n 1 "$file" | sed -n 's/.*"cursor":"\([0-9]*\)".*/\1/p')
  # curl ends when the connection breaks, or by itself when it hears nothing for 35 seconds: the server sends a comment every
  # ten. The token goes in by standard input: arguments are for everybody on the machine to read.
  {
    printf 'header = "content-type: application/json"\nheader = "accept: text/event-stream"\n'
    [ -n "${MEMOIR_TOKEN:-}" ] && printf 'header = "authorization: Bearer %s"\n' "$MEMOIR_TOKEN"
  } | curl --silent --show-error --no-buffer --fail --config - --speed-limit 1 --speed-time 35 \
    --data "{\"query\":\"$query\",\"variables\":{\"after\":\"${after:-0}\"}}" "$url/graphql" > "$pipe" &
  reader=$!
  # This shell itself writes the file, and nothing that outlives it: a killed monitor never writes beside its successor.
  while IFS= read -r line; do
    event=$(printf '%s\n' "$line" | sed -n 's/^data: {"data":{"operationEvents":\(.*\)}}$/\1/p')
    [ -n "$event" ] && printf '%s\n' "$event" >> "$file"
  done < "$pipe"
  wait "$reader"
  sleep 1
done
