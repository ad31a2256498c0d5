/* Leat's plugin boundary: the whole contract between the host and a plugin, in C99.
 *
 * A plugin is a shared library that exports one symbol, `leat_plugin_entry`. It describes backends (which make
 * sources and sinks) and stages (middleware and handlers). The host makes components from the descriptions and
 * wires them into routes. No C++ type, no exception and no allocator crosses this header.
 *
 * In C++ use the SDK in <leat/sdk/...>, which is built on nothing but this header. In C, the smallest stage:
 *
 *     static void push(leat_inlet *self, leat_message *batch, size_t n) { counted += n; next->push(next, batch, n); }
 *
 * and examples/c_counter/ has it whole.
 *
 * THE MODEL. Messages flow down through inlets, outcomes flow up through settlers, both in batches. A message
 * carries a receipt {settler, token}; whoever ends its life settles the receipt, exactly once, with an outcome.
 * Whoever wants to know what became of a message replaces the receipt by one of its own and settles the original
 * when it knows.
 *
 * THREADS. A shard is one thread; a route lives on one shard. Tags in brackets say who calls, and when:
 *     [main]        the thread that sets the host up, before any shard runs or after all have ended
 *     [shard]       the component's shard thread
 *     [shard & started]   the same, between start and the call of host->stopped
 *     [any-thread]  from anywhere, at any time
 * No two calls to a component overlap.
 *
 * GROWING. Structs that travel in arrays or are embedded by plugins are frozen for the life of ABI 1:
 * leat_bytes, leat_header, leat_receipt, leat_message, leat_settlement, leat_inlet, leat_settler, leat_buffer,
 * leat_value. Everything else begins with `size` (set it to sizeof) and may grow at its end; read a member only if
 * `size` covers it (LEAT_HAS). New abilities are extensions, asked for by name, both ways.
 */
#ifndef LEAT_PLUGIN_H
#define LEAT_PLUGIN_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A plugin is refused when its major differs from the host's, or when its minor is newer than the host's.
 * A minor version only adds. */
#define LEAT_ABI_MAJOR 1u
#define LEAT_ABI_MINOR 1u

/* The most messages in one push and settlements in one settle, for ever. */
#define LEAT_BATCH_MAX 256u

/* Whether a growing struct that somebody else made covers `member`. */
#define LEAT_HAS(object, type, member) ((object)->size >= offsetof(type, member) + sizeof((object)->member))

#if defined(_WIN32)
#define LEAT_EXPORT __declspec(dllexport)
#else
#define LEAT_EXPORT __attribute__((visibility("default")))
#endif

#define LEAT_ASSERT_(name, condition) typedef char leat_assert_##name[(condition) ? 1 : -1]
LEAT_ASSERT_(sixty_four_bit_only, sizeof(void *) == 8 && sizeof(size_t) == 8);

typedef struct leat_message leat_message;
typedef struct leat_settlement leat_settlement;
typedef struct leat_inlet leat_inlet;
typedef struct leat_settler leat_settler;
typedef struct leat_buffer leat_buffer;
typedef struct leat_component leat_component;
typedef struct leat_backend leat_backend;
typedef struct leat_host leat_host;
typedef struct leat_check leat_check;
typedef struct leat_instance leat_instance; /* the host's handle of one component; opaque */
typedef struct leat_template leat_template; /* a compiled template; opaque */
typedef struct leat_condition leat_condition; /* a compiled condition; opaque */
typedef struct leat_watch leat_watch;         /* a watched descriptor; opaque */
typedef struct leat_counter leat_counter;     /* opaque */
typedef struct leat_histogram leat_histogram; /* opaque */
typedef struct leat_text leat_text;

/* ---------------------------------------------------------------------------------------------------------------
 * Messages
 */

/* A view of bytes. data == NULL means absent (a Kafka tombstone, a message without key), which is not empty. */
typedef struct leat_bytes {
    const char *data;
    size_t size;
} leat_bytes;

typedef struct leat_header {
    leat_bytes name;
    leat_bytes value;
} leat_header;

/* Who must be told the outcome of a message, and by which name it knows the message. */
typedef struct leat_receipt {
    leat_settler *settler;
    uint64_t token;
} leat_receipt;

/* A piece of memory that messages point into.
 *
 * A message in an array carries one reference to its buffer: push hands it over, whoever settles the message also
 * releases it, whoever keeps a copy of the message retains first. References are counted without atomics: retain
 * and release on the shard that owns the buffer only; other threads may read while a reference is held. To cross
 * shards, copy. A buffer may be of the host (host->buffer_new) or of the plugin, which then fills all four members
 * and is called back by `release` when the last reference goes. */
struct leat_buffer {
    uint32_t refs;
    uint32_t flags; /* none defined; 0 */
    size_t capacity; /* bytes of memory that the buffer pins; used for byte credit */
    void (*release)(leat_buffer *self); /* [shard] refs reached 0 */
};

/* Where new envelope data will go: asked for by name, NULL when not there. A derived message carries it on. */
typedef struct leat_ext {
    uint32_t size;
    uint32_t reserved;
    const void *(*query)(const struct leat_ext *self, const char *name);
} leat_ext;

/* One message. A derived message starts as a copy of the whole struct, so that unknown flags and ext survive.
 * All that it points to is immutable once pushed (retry and fan-out share it) and lives as long as `buffer`;
 * with buffer == NULL, for ever. */
struct leat_message {
    leat_bytes topic;
    leat_bytes key;
    leat_bytes payload;
    const leat_header *headers;
    uint32_t header_count;
    uint32_t flags;       /* LEAT_MESSAGE_... */
    int64_t timestamp_ns; /* when it was made, ns since 1970-01-01 UTC; 0: not known */
    leat_buffer *buffer;  /* one reference to it; NULL: the bytes live for ever */
    leat_receipt receipt;
    uint32_t lane;    /* the unit of order: messages of one lane keep their order */
    uint32_t attempt; /* how often it was tried before; 0 the first time */
    const leat_ext *ext;
};

#define LEAT_MESSAGE_REDELIVERED 1u /* the broker says that it may have been delivered before */
#define LEAT_MESSAGE_RETAINED 2u    /* MQTT: the broker's stored last message of its topic */
#define LEAT_MESSAGE_RESUME 4u      /* strict ordering: the first of a lane after a refusal (to sinks IN_ORDER) */

/* ---------------------------------------------------------------------------------------------------------------
 * Outcomes
 */

/* From least to most severe; a join settles its parent with the worst. Another value counts as LEAT_RETRY. */
#define LEAT_ACK 0u     /* landed (or ended on purpose: see the code); the source may acknowledge */
#define LEAT_REJECT 1u  /* never will; do not try again */
#define LEAT_RETRY 2u   /* not now; try again */
#define LEAT_ABANDON 3u /* the route is stopping, nothing is known: leave it unacknowledged at the broker */

/* Codes below 256 are Leat's, the others a backend's own (MQTT: 256 + reason code). */
#define LEAT_NONE 0u
#define LEAT_DROPPED 1u       /* with ACK: a stage ended it on purpose; not the same as landed */
#define LEAT_DISCARDED 2u     /* with ACK: the route's policy gave it up */
#define LEAT_DEAD_LETTERED 3u /* with ACK: it landed in the dead letter */
#define LEAT_HELD 4u          /* with RETRY: nothing wrong with it, it stands behind a refused one; not an attempt */

/* Why, in words. Lives until settle (or fail) returns; who keeps it copies it. */
typedef struct leat_detail {
    uint32_t size;
    uint32_t reserved;
    leat_bytes text;
    int64_t retry_after_ns; /* with RETRY: not before this long; 0: as the policy says */
} leat_detail;

struct leat_settlement {
    uint64_t token;
    uint32_t outcome;          /* LEAT_ACK ... */
    uint32_t code;             /* LEAT_NONE ... */
    const leat_detail *detail; /* may be NULL */
};

/* ---------------------------------------------------------------------------------------------------------------
 * The two interfaces
 */

#define LEAT_SIGNAL_FLUSH 1u        /* emit what waits to be collected (batches); never backoff, delay, held lanes */
#define LEAT_SIGNAL_ABANDON_LANE 2u /* arg = lane: the source lost it; give its messages up (settle ABANDON) */

/* Whoever can receive messages. */
struct leat_inlet {
    /* Takes over a batch of messages.                                                          [shard & started]
     *
     * batch  1..LEAT_BATCH_MAX messages; those of one lane stand in order. The messages change hands, the array
     *        does not: the callee may overwrite it until it returns, the caller reads it no more.
     *
     * For each message the callee now owes one settlement of its receipt and holds one reference to its buffer;
     * whoever settles also releases. Both may happen in this call or later. A message dropped on purpose is
     * settled LEAT_ACK with the code LEAT_DROPPED: landed and dropped are different lines of the ledger.
     *
     * Re-entrancy: settle may reach the caller before push returns, so its state is complete first. push inside
     * settle is forbidden: defer it to the next turn of the shard (host->defer).
     * Errors: none returned, no exception; what fails is settled.
     *
     * Rationale: there is no "full". A source stops at its credit, so nothing between source and sink needs a
     * queue that could overflow. */
    void (*push)(leat_inlet *self, leat_message *batch, size_t n);

    /* Something to know, in order with the messages pushed before.                             [shard & started]
     * what  LEAT_SIGNAL_...; whoever does not know it passes it on to its next inlet.
     * The same rules of re-entrancy as for push. */
    void (*signal)(leat_inlet *self, uint32_t what, uint64_t arg);
};

/* Whoever must know what became of a message. */
struct leat_settler {
    /* Tells outcomes.                                                              [shard, until host->stopped]
     *
     * batch  1..LEAT_BATCH_MAX settlements in any order; read-only, the caller's.
     *
     * Each receipt is settled exactly once. A token that is not in flight (stale after a reconnect, or settled
     * already) must be recognised, counted and ignored. The callee must not call push or signal of any inlet
     * before it returns: defer it. */
    void (*settle)(leat_settler *self, const leat_settlement *batch, size_t n);
};

/* ---------------------------------------------------------------------------------------------------------------
 * Options
 */

/* Types. Values arrive checked, converted and with defaults filled in: a plugin never sees an option that is wrong.
 * A plugin with a type that the host does not know is refused. */
#define LEAT_STRING 1u    /* as.text */
#define LEAT_SECRET 2u    /* as.text; never shown; see host->reread */
#define LEAT_INTEGER 3u   /* as.integer */
#define LEAT_NUMBER 4u    /* as.number */
#define LEAT_BOOLEAN 5u   /* as.integer: 0 or 1 */
#define LEAT_DURATION 6u  /* as.integer: nanoseconds; "250ms" */
#define LEAT_SIZE 7u      /* as.integer: bytes; "64KiB" */
#define LEAT_ENUM 8u      /* as.integer: index into `allowed` */
#define LEAT_LIST 9u      /* as.items, count; elements of type `element` */
#define LEAT_MAP 10u      /* as.items, 2 * count: key, value, key, value ...; keys are strings, values `element` */
#define LEAT_TEMPLATE 11u /* as.template_; see host->render */
#define LEAT_CONDITION 12u /* as.condition; see host->holds */
#define LEAT_RATE 13u     /* as.number: per second; "100/s"; 0: unlimited */
#define LEAT_URL 14u      /* text of it; the host checked its form */
#define LEAT_BLOCK 15u    /* as.items, count: one for each of `fields`, in their order; a nested object such as tls */
#define LEAT_PATH 16u     /* text; made absolute, relative to the file that names it */

/* One resolved option. type 0: not given and without default. */
typedef struct leat_value {
    uint32_t type;
    uint32_t count;
    union {
        int64_t integer;
        double number;
        const struct leat_value *items;
        const leat_template *template_;
        const leat_condition *condition;
    } as;
    leat_bytes text; /* strings: the value; others: as written in the file. Ends with a NUL that size excludes */
} leat_value;

#define LEAT_OPTION_REQUIRED 1u
#define LEAT_OPTION_ADVANCED 2u /* documentation lists it after the others */

/* Declares one option. From it come validation, defaults, documentation and the JSON Schema. */
typedef struct leat_option {
    uint32_t size;
    uint32_t type;
    const char *name;
    const char *description;  /* one sentence; units where they are not in the type */
    const char *default_json; /* the default as JSON text; NULL: none */
    uint32_t flags;           /* LEAT_OPTION_... */
    uint32_t element;         /* LIST, MAP: the type of the elements (a simple type) */
    const char *const *allowed; /* ENUM: the words, NULL at the end */
    const struct leat_option *const *fields; /* BLOCK: its options, NULL at the end */
    double minimum; /* INTEGER, NUMBER, DURATION (ns), SIZE, RATE: the range, where minimum < maximum */
    double maximum;
    const char *example; /* JSON text for the documentation; may be NULL */
} leat_option;

/* ---------------------------------------------------------------------------------------------------------------
 * Components
 */

#define LEAT_ROLE_BACKEND 1u
#define LEAT_ROLE_PART 2u /* what the sinks of one backend share on one shard */
#define LEAT_ROLE_SOURCE 3u
#define LEAT_ROLE_STAGE 4u
#define LEAT_ROLE_SINK 5u
#define LEAT_ROLE_DEAD_LETTER 6u /* a sink that takes a route's dead letters */

#define LEAT_IDENTITY_ORDERED 1u     /* the route keeps lanes in order */
#define LEAT_IDENTITY_LANES_MAPPED 2u /* source: the route gives lanes of its own; do not send ABANDON_LANE */
#define LEAT_IDENTITY_NO_COMMIT 4u   /* source: "ack": "never"; the window advances, nothing is told to the broker */
#define LEAT_IDENTITY_MANUAL 8u      /* stage: "ack": "manual"; it may settle receipts itself, see LEAT_STAGE_SETTLES */
#define LEAT_IDENTITY_STRICT 16u     /* sink: "ordering": "strict"; the promise of LEAT_SINK_IN_ORDER is asked for */

/* Who a component is. Lives as long as the component. */
typedef struct leat_identity {
    uint32_t size;
    uint32_t role;       /* LEAT_ROLE_... */
    uint32_t flags;      /* LEAT_IDENTITY_... */
    uint32_t shard;      /* from 0 */
    uint32_t replica;    /* from 0; which copy of a route with "parallel" */
    uint32_t replicas;   /* how many there are */
    const char *backend; /* name of the backend in the configuration; "" for a stage */
    const char *route;   /* name of the route; "" for backends and parts */
    const char *step;    /* the stage's name, by default its plugin's; a sink: its branch, "to" or "to[2]" */
    /* Sources: emit only while (last emitted - contiguous watermark) is below, in each acknowledgement domain ... */
    uint64_t max_in_flight;
    uint64_t max_in_flight_bytes; /* ... and this many bytes are held; one message is always admitted */
} leat_identity;

/* What a source counts, where the host reads it on the shard at any time. Each message once, at its final
 * settlement, never re-emissions or children:
 *     emitted == landed + filtered + discarded + dead_lettered + returned + (in flight: emitted - settled) */
typedef struct leat_flow {
    uint32_t size;
    uint32_t reserved;
    uint64_t emitted;
    uint64_t settled; /* sum of the five columns below */
    uint64_t landed;
    uint64_t filtered;      /* settled ACK, DROPPED */
    uint64_t discarded;     /* settled ACK, DISCARDED */
    uint64_t dead_lettered; /* settled ACK, DEAD_LETTERED */
    uint64_t returned;      /* rejected to or abandoned at the source, requeued, or outlived by its connection */
    uint64_t span;          /* last emitted - contiguous watermark, the largest of its acknowledgement domains */
    uint64_t bytes;         /* bytes held by what is in flight */
    uint64_t retried;       /* settled RETRY and emitted again */
    uint64_t stale;         /* settlements ignored: of an ended connection, or a second one */
} leat_flow;

/* A source, stage, sink or part. Life, all on its shard:
 *     create -> start -> (push, settle, signal, timers ...) -> [hold] -> stop ... host->stopped -> start again or destroy */
struct leat_component {
    uint32_t size;
    uint32_t reserved;
    leat_inlet *inlet;     /* stages and sinks: where messages go in; else NULL */
    const leat_flow *flow; /* sources: their counts; else NULL */

    /* Begins work; never blocks. A broker that is away is a state to report, not a failure.             [shard]
     * next  stages and sources: where messages go out; else NULL. A source that was stopped may be started again
     *       with another one. If it abandoned anything, it renews its connection before it emits again. */
    void (*start)(leat_component *self, leat_inlet *next);

    /* Sources (others: NULL): emit nothing any more; settlements go on and are acknowledged. Then send
     * LEAT_SIGNAL_FLUSH down.                                                                  [shard & started] */
    void (*hold)(leat_component *self);

    /* Gives up what it holds (settles ABANDON; an ACK may still come first) and calls host->stopped once it holds
     * no receipt, no receipt that names its settler is outstanding and no thread of its own will call the host;
     * inside this call or later. What is pushed meanwhile is settled ABANDON.                  [shard & started] */
    void (*stop)(leat_component *self);

    /* Frees it. Only after host->stopped, or without a start.                                            [shard] */
    void (*destroy)(leat_component *self);

    /* An ability asked for by name; NULL when not there. The member itself may be NULL.                  [shard] */
    const void *(*extension)(leat_component *self, const char *name);
};

/* One configured backend: made once per process, shared by its users on all shards, therefore thread-safe. It
 * makes components; they may use it until their destroy. On failure a creator returns NULL and says why in `error`
 * (host->text_set): what is wrong and what to do. */
struct leat_backend {
    uint32_t size;
    uint32_t reserved;

    /* What sinks of this backend share on one shard (a connection, a producer), made before the first of them and
     * stopped after the last. NULL: nothing is shared.                                                   [shard] */
    leat_component *(*create_part)(leat_backend *self, leat_instance *me, const leat_identity *identity,
                                   leat_text *error);

    /* NULL when the backend has no sources.                                                              [shard] */
    leat_component *(*create_source)(leat_backend *self, leat_instance *me, const leat_identity *identity,
                                     const leat_value *options, leat_text *error);

    /* part  what create_part made on this shard, or NULL. NULL when the backend has no sinks.            [shard] */
    leat_component *(*create_sink)(leat_backend *self, leat_component *part, leat_instance *me,
                                   const leat_identity *identity, const leat_value *options, leat_text *error);

    void (*destroy)(leat_backend *self); /* after all its components                                       [main] */
};

/* ---------------------------------------------------------------------------------------------------------------
 * The host's services
 */

/* Bytes that grow. Start as {NULL, 0, 0}; freed by host->text_free. */
struct leat_text {
    char *data;
    size_t size;
    size_t capacity;
};

#define LEAT_LOG_DEBUG 1u
#define LEAT_LOG_INFO 2u
#define LEAT_LOG_WARNING 3u
#define LEAT_LOG_ERROR 4u

#define LEAT_STATE_CONNECTING 1u
#define LEAT_STATE_UP 2u
#define LEAT_STATE_DOWN 3u   /* tries again by itself: next_attempt_ns */
#define LEAT_STATE_FAILED 4u /* does not try again: the route stops with this reason */

#define LEAT_WATCH_READ 1u
#define LEAT_WATCH_WRITE 2u

#define LEAT_COUNTER 1u /* only grows */
#define LEAT_GAUGE 2u   /* a level */

struct leat_host {
    uint32_t size;
    uint32_t abi_major;
    uint32_t abi_minor;
    uint32_t reserved;
    const char *version; /* the host's own */

    /* An ability asked for by name, NULL when not there.                                            [any-thread] */
    const void *(*extension)(const char *name);

    /* One line for people: what happened, where, what to do. The host adds time and component.      [any-thread] */
    void (*log)(leat_instance *me, uint32_t level, leat_bytes text);

    int64_t (*now_ns)(void);  /* steady clock                                                        [any-thread] */
    int64_t (*wall_ns)(void); /* since 1970-01-01 UTC                                                [any-thread] */

    /* Runs fn(arg) on the component's shard, in order of posting. Posts that are queued at `stopped` still run,
     * before destroy.                                                                               [any-thread] */
    void (*post)(leat_instance *me, void (*fn)(void *arg), void *arg);

    /* Runs fn(arg) in the next turn of the shard; cancelled at `stopped`.                                [shard] */
    void (*defer)(leat_instance *me, void (*fn)(void *arg), void *arg);

    /* Runs fn(arg) once, after at least delay_ns. Returns an id for timer_cancel, never 0. Cancelling one that ran
     * does nothing. All are cancelled at `stopped`.                                                      [shard] */
    uint64_t (*timer_start)(leat_instance *me, int64_t delay_ns, void (*fn)(void *arg), void *arg);
    void (*timer_cancel)(leat_instance *me, uint64_t id);

    /* Calls fn(arg, ready events) whenever fd is ready for one of `events` (level-triggered; errors and hang-ups
     * count as ready for all). watch_change sets other events, 0 to pause. The fd stays the component's: end the
     * watch before closing it. All are ended at `stopped`.                                               [shard] */
    leat_watch *(*watch_start)(leat_instance *me, int fd, uint32_t events, void (*fn)(void *arg, uint32_t ready),
                               void *arg);
    void (*watch_change)(leat_watch *watch, uint32_t events);
    void (*watch_end)(leat_watch *watch);

    /* A buffer with one reference and capacity bytes of memory at *data. Never NULL: out of memory ends the
     * process.                                                                                           [shard] */
    leat_buffer *(*buffer_new)(leat_instance *me, size_t capacity, void **data);

    /* Lets `keeper`, of buffer_new, take over `refs` references of another buffer: they are released when keeper is.
     * For a message with new bytes in keeper and others still in old.                                    [shard] */
    void (*buffer_adopt)(leat_buffer *keeper, leat_buffer *old, uint32_t refs);

    /* A metric of this component, made on the first call for its name and valid until destroy.  add and set by one
     * thread at a time; the host reads at any time.                                                      [shard] */
    leat_counter *(*counter)(leat_instance *me, uint32_t kind, const char *name, const char *description);
    void (*counter_add)(leat_counter *counter, uint64_t n);
    void (*counter_set)(leat_counter *counter, uint64_t value);
    leat_histogram *(*histogram)(leat_instance *me, const char *name, const char *description);
    void (*histogram_record)(leat_histogram *histogram, int64_t ns, uint64_t times);

    /* Replaces the text; data may be given as bytes of length size.                                 [any-thread] */
    void (*text_set)(leat_text *text, leat_bytes to);
    void (*text_free)(leat_text *text);

    /* Fills the template in for a message. Returns 1 and sets *out (a view into the message, the template or
     * scratch; valid until the next call with the same scratch), or 0 and sets *out to why not: a value is missing.
     * Reject the message then; a missing value never becomes empty.                                      [shard] */
    uint32_t (*render)(const leat_template *what, const leat_message *message, leat_text *scratch, leat_bytes *out);

    /* Whether a condition holds: 0 no, 1 yes, 2 cannot be told (why in *out): reject.                    [shard] */
    uint32_t (*holds)(const leat_condition *what, const leat_message *message, leat_text *scratch, leat_bytes *out);

    /* The value as it is now: one that came from ${file:} is read again, another is copied. Returns 1, or 0 and the
     * reason in `into`. `value` is of the component's own options. Reads a file: not on the message path.
     *                                                                                               [any-thread] */
    uint32_t (*reread)(leat_instance *me, const leat_value *value, leat_text *into);

    /* Gives a message back that this stage refuses at once, as it was received; receipt and buffer reference go
     * with it, and the step's failure policy takes it from there. Inside the stage's own push; one that held messages
     * back for room may give them back in a turn of its own, never inside settle.                [shard & started]
     * outcome  LEAT_RETRY or LEAT_REJECT. On an ordered route the stage then also gives back the later messages of
     *          that lane in its batch, LEAT_RETRY with the code LEAT_HELD.
     * A stage that learns of failures later declares LEAT_STAGE_ASYNC and settles instead. */
    void (*fail)(leat_instance *me, const leat_message *message, uint32_t outcome, uint32_t code,
                 const leat_detail *detail);

    /* What the component's connection is like, in words, whenever that changes.                          [shard]
     * next_attempt_ns  with DOWN: how long until it tries again; else 0. */
    void (*state)(leat_instance *me, uint32_t state, leat_bytes why, int64_t next_attempt_ns);

    /* The answer to stop.                                                                      [shard & started] */
    void (*stopped)(leat_instance *me);
};

/* ---------------------------------------------------------------------------------------------------------------
 * Checks
 */

/* A source or sink that the configuration asks of a backend. */
typedef struct leat_use {
    uint32_t size;
    uint32_t reserved;
    const leat_identity *identity;
    const leat_value *options;
    const char *path; /* where it stands, as a JSON pointer: "/routes/telemetry/from" */
} leat_use;

/* A configured backend with its users. */
typedef struct leat_configured {
    uint32_t size;
    uint32_t use_count;
    const char *name;
    const char *path; /* "/backends/plant" */
    const leat_value *options;
    const leat_use *const *uses;
    leat_instance *me; /* for reread */
} leat_configured;

#define LEAT_REPORT_ERROR 1u
#define LEAT_REPORT_WARNING 2u
#define LEAT_REPORT_GOOD 3u /* probe: what was tried and worked */
/* check: what the sink at `path` sends can come out of the source whose path is `text`. The host, which sees all
 * routes, tells from it where messages would go round in a loop. */
#define LEAT_REPORT_FEEDS 4u

/* All that the configuration asks of one kind of backend. */
struct leat_check {
    uint32_t size;
    uint32_t backend_count;
    const leat_configured *const *backends;
    /* One finding: path as given above (append "/topic" and the like), a sentence that says what to do. */
    void (*report)(const leat_check *self, uint32_t severity, const char *path, leat_bytes text);
};

/* ---------------------------------------------------------------------------------------------------------------
 * Description and entry
 */

#define LEAT_KIND_BACKEND 1u
#define LEAT_KIND_STAGE 2u

#define LEAT_STAGE_ASYNC 1u     /* learns of failures later: its policy wraps receipts above it */
#define LEAT_STAGE_UNORDERED 2u /* may emit a lane in another order; refused on an ordered route */
/* On a strict route (LEAT_IDENTITY_STRICT) the sink, having settled one of a lane RETRY or REJECT, settles all later
 * ones of that lane RETRY with the code LEAT_HELD, unlanded, until one comes flagged LEAT_MESSAGE_RESUME. For a sink
 * without it the host lets one message of a lane at a time be in flight there. */
#define LEAT_SINK_IN_ORDER 4u
#define LEAT_SOURCE_REJECTS 8u    /* the source can tell its broker of a reject ("then": "source") */
#define LEAT_SOURCE_NO_COMMIT 16u /* the source knows LEAT_IDENTITY_NO_COMMIT ("ack": "never") */
/* "ack": "manual": the stage takes receipts off messages and settles them itself, when it likes; what it passes on then
 * carries a receipt of the stage's own, and what becomes of that is no longer told to the source. Only where the
 * identity says LEAT_IDENTITY_MANUAL. A message that keeps its receipt is acknowledged when it has landed, as ever.
 * An acknowledgement may be withheld by the host while max_in_flight messages are unfinished below the stage. */
#define LEAT_STAGE_SETTLES 32u
/* Since minor 1; goes with LEAT_STAGE_ASYNC. The stage wants to be told what is given up below: the steps below it
 * then retry as the route's policy says, but have no end of their own for a message that never lands (no dead letter,
 * no stop, no discard). It is settled LEAT_REJECT, with the reason, up to this stage, which settles as it likes; what
 * it passes on as LEAT_REJECT meets its own step's policy, which has the route's end. Branches with a policy of their
 * own, and those that nobody waits for, keep theirs. */
#define LEAT_STAGE_TAKES_REJECTS 64u

typedef struct leat_descriptor {
    uint32_t size;
    uint32_t kind;
    const char *name; /* what "plugin" says in the configuration */
    const char *version;
    const char *summary; /* one sentence */
    const char *promise; /* what "landed" and "acknowledged" mean here and what they do not promise; may be NULL */
    uint32_t flags;      /* LEAT_STAGE_..., LEAT_SINK_..., LEAT_SOURCE_... */
    uint32_t topic_separator; /* backends: the character between the levels of a topic, for ${topic[1]} */
    const leat_option *const *options;        /* of the backend or stage itself; NULL at the end */
    const leat_option *const *source_options; /* backends: of `from`; NULL pointer: has no sources */
    const leat_option *const *sink_options;   /* backends: of `to`; NULL pointer: has no sinks */
    uint64_t default_max_in_flight;           /* backends: for sources that do not say */
    uint64_t default_max_in_flight_bytes;

    /* Backends. me is for log and reread; it lives as long as the backend.                                [main] */
    leat_backend *(*create_backend)(const leat_host *host, leat_instance *me, const leat_identity *identity,
                                    const leat_value *options, leat_text *error);

    /* Stages.                                                                                            [shard] */
    leat_component *(*create_stage)(const leat_host *host, leat_instance *me, const leat_identity *identity,
                                    const leat_value *options, leat_text *error);

    /* Backends, may be NULL: reports what only the plugin can see: an identity used twice, a sink that feeds its own
     * source, what it cannot do. Connects to nothing.                                                     [main] */
    void (*check)(const leat_check *configured);

    /* Backends, may be NULL: tries brokers, credentials and topics and reports what is missing. May block, within
     * 15 s for each broker.                                                                               [main] */
    void (*probe)(const leat_host *host, const leat_check *configured);
} leat_descriptor;

/* The one exported symbol: `LEAT_EXPORT extern const leat_plugin leat_plugin_entry;`. abi_major and abi_minor stay
 * the first members for ever, so that any host can read them. A library is never unloaded. */
typedef struct leat_plugin {
    uint32_t abi_major; /* LEAT_ABI_MAJOR */
    uint32_t abi_minor; /* LEAT_ABI_MINOR: that of the header it was built with */
    uint32_t size;
    uint32_t count;
    const leat_descriptor *const *descriptors;
} leat_plugin;

/* ---------------------------------------------------------------------------------------------------------------
 * Buffer references, inline because they are on the message path
 */

static inline void leat_buffer_retain(leat_buffer *buffer, uint32_t times) {
    if (buffer) buffer->refs += times;
}

static inline void leat_buffer_release(leat_buffer *buffer, uint32_t times) {
    if (buffer && (buffer->refs -= times) == 0) buffer->release(buffer);
}

/* ---------------------------------------------------------------------------------------------------------------
 * Frozen layouts
 */

LEAT_ASSERT_(bytes_size, sizeof(leat_bytes) == 16);
LEAT_ASSERT_(header_size, sizeof(leat_header) == 32);
LEAT_ASSERT_(receipt_size, sizeof(leat_receipt) == 16);
LEAT_ASSERT_(value_size, sizeof(leat_value) == 32);
LEAT_ASSERT_(value_as, offsetof(leat_value, as) == 8 && offsetof(leat_value, text) == 16);
LEAT_ASSERT_(buffer_size, sizeof(leat_buffer) == 24);
LEAT_ASSERT_(buffer_release, offsetof(leat_buffer, capacity) == 8 && offsetof(leat_buffer, release) == 16);
LEAT_ASSERT_(inlet_size, sizeof(leat_inlet) == 16);
LEAT_ASSERT_(settler_size, sizeof(leat_settler) == 8);
LEAT_ASSERT_(settlement_size, sizeof(leat_settlement) == 24);
LEAT_ASSERT_(settlement_outcome, offsetof(leat_settlement, outcome) == 8 && offsetof(leat_settlement, detail) == 16);
LEAT_ASSERT_(message_size, sizeof(leat_message) == 112);
LEAT_ASSERT_(message_payload, offsetof(leat_message, key) == 16 && offsetof(leat_message, payload) == 32);
LEAT_ASSERT_(message_headers, offsetof(leat_message, headers) == 48 && offsetof(leat_message, header_count) == 56);
LEAT_ASSERT_(message_time, offsetof(leat_message, flags) == 60 && offsetof(leat_message, timestamp_ns) == 64);
LEAT_ASSERT_(message_receipt, offsetof(leat_message, buffer) == 72 && offsetof(leat_message, receipt) == 80);
LEAT_ASSERT_(message_lane, offsetof(leat_message, lane) == 96 && offsetof(leat_message, attempt) == 100);
LEAT_ASSERT_(message_ext, offsetof(leat_message, ext) == 104);
LEAT_ASSERT_(plugin_abi, offsetof(leat_plugin, abi_major) == 0 && offsetof(leat_plugin, abi_minor) == 4);

#ifdef __cplusplus
} /* extern "C" */
#endif
#endif /* LEAT_PLUGIN_H */
