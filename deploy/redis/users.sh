#!/usr/bin/env bash
# Writes Redis' users: one for each service, that may read, write and remember what that service's work needs and nothing else.
#   users.sh FOLDER [FILE]   makes FOLDER/USER/redis, the password of each user that has none yet, and FILE (FOLDER/users.acl)
#                            with their hashes, for Redis' aclfile
# VORTEX7_OWN_ENGINES names engines of your own, which get users, too: they read the market, and say signals.
set -euo pipefail

folder=${1:?where the passwords go}
rules=${2:-$folder/users.acl}
umask 077
mkdir -p "$folder"

# Without keys: a script's own commands are checked one by one against the rest.
common='+ping +select +multi +exec +discard +unwatch +time +info +eval +asking +cluster|slots'
# Who reads very many streams is told which have news.
told='+client|id +client|tracking +subscribe &__redis__:invalidate'
# A reader's acknowledgements change its stream's groups; XADD is not among them, so what is read can't be forged.
reading='+xreadgroup +xread +xrange +xrevrange +xlen +xinfo +xpending +xack +xclaim +xgroup|create +xgroup|setid'
# What a service has said itself it reads again after a start.
writing='+xadd +xtrim +xrange +xrevrange +xread +xlen +xinfo'
showing='+hset +del +lpush +ltrim +zadd +zremrangebyscore +zremrangebyrank'
sharing='+get +set +del +pexpire +zadd +zrem +zremrangebyscore +zcard +watch'

password_hash() {
    local file=$folder/$1/redis
    mkdir -p "$folder/$1"
    [ -s "$file" ] || od -An -N 24 -tx1 /dev/urandom | tr -d ' \n' > "$file"
    sha256sum < "$file" | cut -d ' ' -f 1
}

keys() {
    local permission=$1 pattern
    shift
    set -f
    for pattern in "$@"; do printf ' %s~%s' "$permission" "$pattern"; done
    set +f
}

# user NAME 'streams it reads' 'streams it writes' 'keys it shows' [more rules]
# Who reads has leases. So has data-hub, which reads nothing: of several one writes.
user() {
    local name=$1 reads=$2 writes=$3 shows=$4 more=${5:-} leases=$2
    [ "$name" != data-hub ] || leases=yes
    set -f
    # Anyone may put an entry aside that can't be read, and call a person.
    printf 'user %s on #%s -@all %s (+xadd%s)' "$name" "$(password_hash "$name")" "$common${reads:+ $told}" \
        "$(keys %W 'dead:*' dead alert)"
    [ -z "$reads" ] || printf ' (%s%s)' "$reading" "$(keys %RW $reads)"
    # An entry that ended the service is tried by itself, and what was put aside is left out when the past is read.
    [ -z "$reads" ] || printf ' (+hincrby +hdel ~trial:%s) (+xrevrange%s)' "$name" "$(keys %R 'dead:*' dead)"
    [ -z "$writes" ] || printf ' (%s%s)' "$writing" "$(keys %RW $writes)"
    [ -z "$shows" ] || printf ' (%s%s)' "$showing" "$(keys %W $shows)"
    # On a cluster the leases of a service lie in one slot, each lane is claimed in its own, and what is said in another slot
    # than the entry that set it off is said by a script, once.
    [ -z "$leases" ] || printf ' (%s +eval ~lease:{%s}:* ~owner:{%s}:* ~fence:{%s}:* ~workers:{%s} ~claim:%s:*)' \
        "$sharing" "$name" "$name" "$name" "$name" "$name"
    [ -z "$reads" ] || printf ' (+set ~said:*:%s-*) (+eval ~said:*:%s-*%s)' \
        "$name" "$name" "$(keys '' 'dead:*' dead alert $writes)"
    [ -z "$leases" ] || printf ' (%s ~lease:%s:* ~owner:%s:* ~fence:%s:* ~workers:%s)' \
        "$sharing" "$name" "$name" "$name" "$name"
    [ -z "$reads" ] || printf ' (+get +set ~hop:*:%s-*)' "$name"
    printf '%s\n' "${more:+ $more}"
    set +f
}

{
    # Nobody can be this user. But Redis 7 reads its append-only file as it, and leaves out all transactions that it
    # may not do (redis/redis#14541): nearly everything would be lost, without a word.
    echo 'user default off ~* &* +@all'
    user data-hub '' 'md.*' 'ticks:* orderbook:* candles:* oi:* sentiment:*'
    user order-flow-engine 'md.trade:* md.book:*' 'signal:*' 'engine_signals:*'
    user tick-engine 'md.trade:*' 'signal:*' 'engine_signals:*'
    user technical-engine 'md.candle:* md.forming:*' 'signal:*' 'engine_signals:*'
    user sentiment-engine 'md.metric:*' 'signal:* heatmap:*' 'engine_signals:* sentiment:*'
    user regime-filter 'md.candle:* md.book:*' 'signal:*' 'engine_signals:* regime:*'
    user decision-engine 'signal:* plan:* execution:* account risk weights' 'decision:* readiness:* alert' \
        'engine_weights:* engine_signals:*'
    user risk-manager 'decision:* md.metric:* execution:* contract:* account weights command' 'plan:* risk alert reply' \
        'session circuit_breaker risk_session' '(+hgetall %R~risk_session)'
    user executor 'plan:* md.book:* md.metric:* command' 'execution:* contract:* account alert reply' 'position:*' \
        '(+get +set ~outbox:executor*)'
    # It also lets go of what is old where several write, or people.
    user trade-recorder 'decision:* plan:* execution:* md.candle:* md.forming:* alert risk' '' '' \
        '(+xtrim ~alert ~command ~reply ~notice ~dead ~dead:*)'
    user learner 'weights' 'weights alert' '' '(+xrevrange %R~account %R~risk)'
    # It answers people's questions, and passes their commands on.
    user notifier 'plan:* execution:* alert reply account notice' 'notice' '' \
        '(+get +set +del ~telegram:*) (+@read -@dangerous %R~*) (+xadd %W~command)'
    # What people may see, and an operator's commands.
    user dashboard '' '' '' '(+@read -@dangerous +info %R~*) (+xadd %W~command)'
    # People: all may be looked at, and a command be given.
    user vortexctl '' '' '' '(+@read -@dangerous +info +acl|log %R~*) (+xadd %W~command)'
    # Whoever may write signals may write them under any engine's name: decision-engine looks out for that.
    for engine in ${VORTEX7_OWN_ENGINES:-}; do
        [[ $engine =~ ^[a-z][a-z0-9-]{0,14}$ ]] || { echo "users.sh: '$engine' is no name for an engine" >&2; exit 2; }
        ! grep -q "^user $engine " "$rules.new" || { echo "users.sh: '$engine' is a service's name" >&2; exit 2; }
        # Not XTRIM: what others said stays.
        user "$engine" 'md.*' '' '' '(+xadd +xrange +xrevrange +xread +xlen +xinfo %RW~signal:*)'
    done
    # Health checks and metrics: lengths and lags, no contents.
    printf 'user monitor on #%s -@all +ping +info (+xinfo +xlen %%R~*)\n' "$(password_hash monitor)"
} > "$rules.new"
mv "$rules.new" "$rules"
