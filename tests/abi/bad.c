/* Libraries that a host must refuse, one for each BAD_...: tests of the loader. */
#include <leat/plugin.h>

#if defined(BAD_NO_ENTRY)
LEAT_EXPORT int something_else = 1;
#else
static const leat_option* const no_options[] = {0};
#if defined(BAD_OPTION)
static const leat_option strange = {
    sizeof(leat_option), 99, "strange", "Of a type from the future.", 0, 0, 0, 0, 0, 0, 0, 0};
static const leat_option* const options[] = {&strange, 0};
#else
#define options no_options
#endif

#if defined(BAD_SYMBOL)
leat_component* nobody_has_this(void);
#endif

static leat_component* create(const leat_host* host, leat_instance* me, const leat_identity* identity,
                              const leat_value* values, leat_text* error) {
#if defined(BAD_COMPONENT)
    static leat_component small; /* says that it ends before `start` */
    small.size = 16;
    (void)host, (void)error;
    (void)me, (void)identity, (void)values;
    return &small;
#elif defined(BAD_SYMBOL)
    (void)host, (void)error;
    (void)me, (void)identity, (void)values;
    return nobody_has_this();
#else
    (void)me, (void)identity, (void)values;
    const leat_bytes why = {"this one never works", 20};
    host->text_set(error, why);
    return 0;
#endif
}

static const leat_descriptor descriptor = {
#if defined(BAD_DESCRIPTOR)
    8,
#else
    sizeof(leat_descriptor),
#endif
    LEAT_KIND_STAGE,
    BAD_NAME,
    "1.0.0",
    "Is refused.",
    0,
    0,
    0,
    options,
    no_options,
    no_options,
    0,
    0,
    0,
    create,
    0,
    0};
static const leat_descriptor* const descriptors[] = {&descriptor};

#if !defined(BAD_MAJOR)
#define BAD_MAJOR LEAT_ABI_MAJOR
#endif
#if !defined(BAD_MINOR)
#define BAD_MINOR LEAT_ABI_MINOR
#endif
LEAT_EXPORT extern const leat_plugin leat_plugin_entry;
const leat_plugin leat_plugin_entry = {BAD_MAJOR, BAD_MINOR, sizeof(leat_plugin), 1, descriptors};
#endif
