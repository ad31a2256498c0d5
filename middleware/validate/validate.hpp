// Rejects payloads that are not as they should be; changes nothing.
#pragma once
#include <leat/sdk/handler.hpp>

#include "bounded_json/utf8.hpp"
#include "schema.hpp"

#include <fstream>
#include <iterator>
#include <optional>

namespace leat::validate {

enum class Format { json, utf8 };

/// A message without payload is rejected, unless `tombstones` lets it pass.
class Validate : public Handler {
  public:
    Format format = Format::json;
    Path schema;
    bool tombstones = false;

    static auto options() {
        return leat::options(
            option<&Validate::format>("format", "What every payload must be: well-formed JSON, or text in UTF-8.")
                .allowed({"json", "utf-8"}),
            option<&Validate::schema>("schema", "A file with the JSON Schema that every payload must follow.")
                .example("\"reading.schema.json\""),
            option<&Validate::tombstones>("tombstones", "Whether a message without payload passes."));
    }

    void open() override {
        if (schema.text.empty()) return;
        if (format == Format::utf8) throw std::invalid_argument("schema: only with \"format\": \"json\"");
        std::ifstream file(schema.text, std::ios::binary);
        const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
        if (!file) throw std::invalid_argument("schema: " + schema.text + " cannot be read");
        Json document;
        std::string why;
        if (!bounded_json::read(text, document, why))
            throw std::invalid_argument("schema: " + schema.text + ": " + why);
        schema_.emplace(std::move(document));
    }

    void handle(Message& message) override {  // hot: per message
        if (!message.has_payload()) {
            if (!tombstones) message.reject("there is no payload");
        } else if (format == Format::utf8) {
            const size_t at = bounded_json::utf8_prefix(message.payload());
            if (at < message.payload().size()) {
                message.reject("the payload is no UTF-8: byte " + std::to_string(at + 1));
            }
        } else if (!schema_) {
            if (!bounded_json::is_json(message.payload(), why_)) message.reject(why_);
        } else {
            Json value;
            const bool ok = bounded_json::read(message.payload(), value, why_) && schema_->accepts(value, why_);
            if (!ok) message.reject(why_);
        }
    }

  private:
    std::optional<Schema> schema_;
    std::string why_;
};

}  // namespace leat::validate
