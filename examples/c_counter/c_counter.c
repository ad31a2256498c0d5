/* The stage `c_counter`, in C99 on plugin.h alone: counts messages and bytes and passes everything on.
 *
 *     { "plugin": "c_counter", "say_every": 1000 }
 */
#include <leat/plugin.h>
#include <stdio.h>
#include <stdlib.h>

typedef struct counter {
    leat_component component;
    leat_inlet inlet;
    const leat_host* host;
    leat_instance* me;
    leat_inlet* next;
    int64_t say_every;
    uint64_t messages;
    leat_counter* messages_metric;
    leat_counter* bytes_metric;
} counter;

static counter* of_component(leat_component* component) { return (counter*)(void*)component; }

static counter* of_inlet(leat_inlet* inlet) {
    return (counter*)(void*)((char*)(void*)inlet - offsetof(counter, inlet));
}

static void say(const counter* self) {
    char text[64];
    leat_bytes line;
    line.data = text;
    line.size = (size_t)snprintf(text, sizeof text, "%llu messages so far", (unsigned long long)self->messages);
    self->host->log(self->me, LEAT_LOG_INFO, line);
}

static void push(leat_inlet* inlet, leat_message* batch, size_t n) {
    counter* self = of_inlet(inlet);
    const uint64_t before = self->messages;
    uint64_t bytes = 0;
    size_t i;
    for (i = 0; i < n; ++i) bytes += batch[i].payload.size;
    self->messages += n;
    self->host->counter_add(self->messages_metric, n);
    self->host->counter_add(self->bytes_metric, bytes);
    if (self->say_every > 0 && before / (uint64_t)self->say_every != self->messages / (uint64_t)self->say_every)
        say(self);
    self->next->push(self->next, batch, n); /* receipts and references go along: nothing is owed any more */
}

static void signal_on(leat_inlet* inlet, uint32_t what, uint64_t arg) {
    counter* self = of_inlet(inlet);
    self->next->signal(self->next, what, arg);
}

static void start(leat_component* component, leat_inlet* next) { of_component(component)->next = next; }

static void stop(leat_component* component) {
    counter* self = of_component(component);
    self->host->stopped(self->me); /* it holds nothing, and no receipt names it */
}

static void destroy(leat_component* component) { free(of_component(component)); }

static leat_component* create(const leat_host* host, leat_instance* me, const leat_identity* identity,
                              const leat_value* options, leat_text* error) {
    static const leat_bytes no_memory = {"out of memory", 13};
    counter* self = calloc(1, sizeof *self);
    (void)identity;
    if (!self) {
        host->text_set(error, no_memory);
        return NULL;
    }
    self->component.size = sizeof self->component;
    self->component.inlet = &self->inlet;
    self->component.start = start;
    self->component.stop = stop;
    self->component.destroy = destroy;
    self->inlet.push = push;
    self->inlet.signal = signal_on;
    self->host = host;
    self->me = me;
    self->say_every = options[0].as.integer;
    self->messages_metric = host->counter(me, LEAT_COUNTER, "counted_messages", "Messages that passed.");
    self->bytes_metric = host->counter(me, LEAT_COUNTER, "counted_bytes", "Bytes of their payloads.");
    return &self->component;
}

static const leat_option say_every = {sizeof say_every,
                                      LEAT_INTEGER,
                                      "say_every",
                                      "Writes a line to the log after so many messages; 0: never.",
                                      "0",
                                      0,
                                      0,
                                      NULL,
                                      NULL,
                                      0,
                                      1e15,
                                      "1000"};
static const leat_option* const options[] = {&say_every, NULL};

static const leat_descriptor stage = {sizeof stage,
                                      LEAT_KIND_STAGE,
                                      "c_counter",
                                      "1.0.0",
                                      "Counts messages and bytes; written in C.",
                                      NULL,
                                      0,
                                      0,
                                      options,
                                      NULL,
                                      NULL,
                                      0,
                                      0,
                                      NULL,
                                      create,
                                      NULL,
                                      NULL};
static const leat_descriptor* const descriptors[] = {&stage};

LEAT_EXPORT extern const leat_plugin leat_plugin_entry;
const leat_plugin leat_plugin_entry = {LEAT_ABI_MAJOR, LEAT_ABI_MINOR, sizeof leat_plugin_entry, 1, descriptors};
