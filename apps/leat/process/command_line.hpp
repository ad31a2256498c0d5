// The command line of one command: declared, parsed, explained by --help.
//
//     CommandLine line("check", "CONFIG", "Says all that is wrong ...");
//     line.options()("print", "print it resolved");
//     line.word("config");
//     if (!line.parse(words)) return kFine;          // --help was asked for and printed
//     line.has("print"); line.text("config"); line.number<int>("rounds", 1, 1000, " from 1 to 1000").value_or(5);
#pragma once

#include <boost/program_options.hpp>
#include <charconv>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace leat::app {

/// The command line is wrong; what() says how.
class UsageError : public std::runtime_error {
  public:
    UsageError(std::string command, const std::string& what)
        : std::runtime_error(what), command_(std::move(command)) {}
    /// The command it was given to; empty: to leat itself.
    const std::string& command() const { return command_; }

  private:
    std::string command_;
};

class CommandLine {
  public:
    /// `arguments`: the words it takes, as shown. `about`: what --help says above the options.
    CommandLine(std::string command, std::string arguments, std::string about);

    boost::program_options::options_description_easy_init options() { return shown_.add_options(); }
    /// Declares --plugin-dir, which all commands have that load plugins.
    void takes_plugin_dirs();
    /// Declares the next word as `name`; it has to be there.
    void word(const std::string& name);
    /// Declares all further words as `name`, read by texts(); there may be none.
    void rest(const std::string& name) { rest_ = name; }
    /// Text that --help prints below the options.
    void below(std::string text) { below_ = std::move(text); }

    /// False: --help was asked for and has been printed. Throws UsageError.
    bool parse(const std::vector<std::string>& words);

    bool has(const std::string& name) const { return values_.count(name) > 0; }
    /// Empty where it was not given.
    std::string text(const std::string& name) const;
    /// All values of an option that may be given several times.
    std::vector<std::string> texts(const std::string& name) const;
    /// A number from `least` to `most`; nothing: it was not given. `what`: of what, for the message. Throws
    /// UsageError.
    template <class Number>
    std::optional<Number> number(const std::string& name, Number least, Number most, const char* what = "") const {
        if (!has(name)) return std::nullopt;
        const std::string given = text(name);
        Number value{};
        const auto [end, error] = std::from_chars(given.data(), given.data() + given.size(), value);
        if (error == std::errc() && end == given.data() + given.size() && value >= least && value <= most)
            return value;
        throw wrong("--" + name + " " + given + " is no number" + what);
    }
    UsageError wrong(const std::string& what) const { return UsageError(command_, what); }

  private:
    void print_help() const;

    std::string command_, arguments_, about_, below_;
    std::vector<std::string> words_;
    std::string rest_;
    boost::program_options::options_description shown_{"Options", 100};
    boost::program_options::variables_map values_;
};

}  // namespace leat::app
