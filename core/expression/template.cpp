#include "expression/template.hpp"

#include "expression/scratch.hpp"

namespace leat::expression {

std::optional<Template> Template::compile(std::string_view text, const Surroundings& around, std::string& error) {
    if (text.size() > kMaxTemplateBytes) {
        error = "a template is at most 64 KiB long";
        return std::nullopt;
    }
    Template result;
    result.written_ = text;
    Piece literal;
    while (!text.empty()) {
        if (text.substr(0, 3) == "$${") {
            literal.text += "${";
            text.remove_prefix(3);
            continue;
        }
        if (text.substr(0, 2) != "${") {
            literal.text += text.front();
            text.remove_prefix(1);
            continue;
        }
        const size_t end = text.find('}');
        if (end == std::string_view::npos) {
            error = "a placeholder has no closing '}' (a literal ${ is written $${)";
            return std::nullopt;
        }
        const std::string_view body = text.substr(2, end - 2);
        text.remove_prefix(end + 1);
        const size_t split = body.find(":-");
        Piece piece;
        piece.field = Field::parse(body.substr(0, split), around, error);
        if (!piece.field) return std::nullopt;
        if (piece.field->kind == Field::Kind::route) {
            literal.text += piece.field->name;  // known now: a part of the literal text
            continue;
        }
        piece.has_default = split != std::string_view::npos;
        if (piece.has_default) piece.text = body.substr(split + 2);
        if (!literal.text.empty()) result.pieces_.push_back(std::move(literal));
        literal = {};
        result.pieces_.push_back(std::move(piece));
    }
    if (!literal.text.empty() || result.pieces_.empty()) result.pieces_.push_back(std::move(literal));
    return result;
}

bool Template::render(const leat_message& message, leat_text& scratch, leat_bytes& out) const {
    scratch.size = 0;
    if (pieces_.size() > 1) return join(message, scratch, out);
    const Piece& only = pieces_.front();
    FieldValue value{only.text};
    const bool good = !only.field || read(only, message, scratch, value);
    out = good ? bytes(value.text) : leat_bytes{scratch.data, scratch.size};
    return good;
}

bool Template::join(const leat_message& message, leat_text& scratch, leat_bytes& out) const {
    for (const Piece& piece : pieces_) {
        if (!piece.field) {
            append(scratch, piece.text);
            continue;
        }
        FieldValue value;
        if (!read(piece, message, scratch, value)) {
            out = {scratch.data, scratch.size};
            return false;
        }
        if (!value.decoded) append(scratch, value.text);
    }
    out = bytes({scratch.data, scratch.size});
    return true;
}

// The field's value or its default. False: scratch holds why not.
bool Template::read(const Piece& piece, const leat_message& message, leat_text& scratch, FieldValue& out) const {
    const Found found = read_field(*piece.field, message, scratch, out);
    if (found == Found::yes && !(out.text.empty() && piece.has_default)) return true;
    if (found != Found::malformed && piece.has_default) {
        out = FieldValue{piece.text};
        return true;
    }
    scratch.size = 0;
    explain(*piece.field, found, scratch);
    return false;
}

std::optional<std::string_view> Template::literal() const {
    if (pieces_.size() == 1 && !pieces_.front().field) return pieces_.front().text;
    return std::nullopt;
}

}  // namespace leat::expression
