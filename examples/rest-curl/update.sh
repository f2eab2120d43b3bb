#!/bin/sh
# Updates the profile of the customer whose API token is in TOKEN, and prints it.
# Exits with 0 when the profile was updated, 1 when the server rejected the update, 2 when it may be tried again.
set -eu

: "${TOKEN:?must be the API token}"
shop=${SHOP_URL:-http://127.0.0.1:8000}
changes=${1:-'{"first_name": "John", "last_name": "Doe", "gender": "male"}'}

body=$(mktemp)
trap 'rm -f "$body"' EXIT

# The token goes through standard input: an argument of curl is visible in the list of processes.
status=$(printf 'Authorization: Token %s\n' "$TOKEN" | curl --silent --show-error --max-time 15 \
  --request PATCH "$shop/api/shop/customers/me" \
  --header @- --header "Content-Type: application/json" --data "$changes" \
  --output "$body" --write-out '%{http_code}') || exit 2

fail() { printf '%s: %s\n' "$2" "$(cat "$body")" >&2; exit "$1"; }

case $status in
  200) cat "$body"; echo ;;
  400) fail 1 "Not updated, wrong fields" ;;
  401) fail 1 "Not updated, the API token is not valid" ;;
  503) fail 2 "Try again later" ;;
  *) fail 1 "Status $status" ;;
esac
