// memory: no broker; it lives in the host.
#include <cstdlib>

#include "conformance/backend.hpp"

namespace leat::test {
namespace {

class Memory final : public TestedBackend {
  public:
    Features features() const override { return {.name = "memory", .persists = false}; }
    /** LEAT_CONFORMANCE_FAULT: memory behind a wrapper that errs, see faults/. */
    std::string options(Access access) const override {
        const char* fault = std::getenv("LEAT_CONFORMANCE_FAULT");
        std::string text = R"("plugin": "memory")";
        if (fault != nullptr) text = R"("plugin": "faulty", "fault": ")" + std::string(fault) + '"';
        if (access == Access::wrong_password || access == Access::by_password) text += R"(, "user": "leat")";
        if (access == Access::wrong_certificate || access == Access::by_certificate) text += R"(, "tls": {})";
        return text;
    }
    bool has_access(Access access) const override { return access == Access::right; }
    std::string from(const std::vector<std::string>& topics, const Reader& reader) const override {
        std::string list;
        for (const auto& topic : topics) list += (list.empty() ? "\"" : ", \"") + topic + '"';
        return "\"topics\": [" + list + "], \"group\": \"" + reader.group + '"';
    }
    std::string to() const override { return R"("topic": "${topic}")"; }
    std::optional<std::size_t> payload_limit() const override { return std::nullopt; }
    bool has_broker() const override { return false; }
    void create(const std::vector<std::string>&, const std::vector<Reader>&, int) override {}
    void listen(const std::vector<std::string>&) override {}
};

const Registered kMemory("memory", [] { return std::make_unique<Memory>(); });

}  // namespace
}  // namespace leat::test
