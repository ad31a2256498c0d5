/* A stage that passes everything on, built against the frozen header in 1.0/: what was built then must load now. */
#include <leat/plugin.h>
#include <stdlib.h>

typedef struct stage {
    leat_component component;
    leat_inlet inlet;
    leat_inlet* next;
    const leat_host* host;
    leat_instance* me;
} stage;

static stage* of_inlet(leat_inlet* inlet) { return (stage*)((char*)inlet - offsetof(stage, inlet)); }

static void push(leat_inlet* self, leat_message* batch, size_t n) {
    leat_inlet* next = of_inlet(self)->next;
    next->push(next, batch, n);
}

static void on_signal(leat_inlet* self, uint32_t what, uint64_t arg) {
    leat_inlet* next = of_inlet(self)->next;
    next->signal(next, what, arg);
}

static void start(leat_component* self, leat_inlet* next) { ((stage*)self)->next = next; }
static void stop(leat_component* self) { ((stage*)self)->host->stopped(((stage*)self)->me); }
static void destroy(leat_component* self) { free(self); }

static leat_component* create(const leat_host* host, leat_instance* me, const leat_identity* identity,
                              const leat_value* options, leat_text* error) {
    stage* made = calloc(1, sizeof *made);
    (void)identity, (void)options, (void)error;
    if (!made) return NULL;
    made->component.size = sizeof made->component;
    made->component.inlet = &made->inlet;
    made->component.start = start;
    made->component.stop = stop;
    made->component.destroy = destroy;
    made->inlet.push = push;
    made->inlet.signal = on_signal;
    made->host = host;
    made->me = me;
    return &made->component;
}

static const leat_option* const options[] = {NULL};
static const leat_descriptor descriptor = {sizeof(leat_descriptor),
                                           LEAT_KIND_STAGE,
                                           "old_pass",
                                           "1.0.0",
                                           "Passes everything on.",
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
static const leat_descriptor* const descriptors[] = {&descriptor};

LEAT_EXPORT extern const leat_plugin leat_plugin_entry;
const leat_plugin leat_plugin_entry = {LEAT_ABI_MAJOR, LEAT_ABI_MINOR, sizeof(leat_plugin), 1, descriptors};
