// The suite's main(): --backend=NAME chooses the backend; the results go into a file for the table.
#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>

#include "conformance/case.hpp"
#include "support/paths.hpp"

namespace leat::test {
namespace {

std::map<std::string, MakeBackend>& registry() {
    static std::map<std::string, MakeBackend> all;
    return all;
}

std::string chosen_name;
std::unique_ptr<TestedBackend> chosen;
std::string absent_now;

/** Writes a line for each case: outcome, name, and what was asserted absent. */
class TableWriter final : public doctest::IReporter {
  public:
    explicit TableWriter(const doctest::ContextOptions&) {}
    void report_query(const doctest::QueryData&) override {}
    void test_run_start() override {
        if (const char* path = std::getenv("LEAT_CONFORMANCE_RESULTS")) {
            std::filesystem::create_directories(std::filesystem::path(path).parent_path());
            file_.open(path, std::ios::trunc);
        }
    }
    void test_run_end(const doctest::TestRunStats&) override {
        if (file_.is_open() && chosen) file_ << "name\t" << chosen->features().name << '\n';
    }
    void test_case_start(const doctest::TestCaseData& data) override {
        name_ = data.m_name;
        file_tag_ = std::filesystem::path(data.m_file.c_str()).stem().string();
        absent_now.clear();
    }
    void test_case_reenter(const doctest::TestCaseData&) override {}
    void test_case_end(const doctest::CurrentTestCaseStats& stats) override {
        const bool is_good = stats.testCaseSuccess;
        std::cout << (is_good ? "  ok      " : "  FAILED  ") << stats.seconds << " s  " << name_
                  << (absent_now.empty() ? "" : " (asserted absent: " + absent_now + ")") << std::endl;
        if (!file_.is_open()) return;
        file_ << (!is_good             ? "failed"
                  : absent_now.empty() ? "ok"
                                       : "absent")
              << '\t' << file_tag_ << '\t' << name_ << '\t' << absent_now << std::endl;
    }
    void test_case_exception(const doctest::TestCaseException&) override {}
    void subcase_start(const doctest::SubcaseSignature&) override {}
    void subcase_end() override {}
    void log_assert(const doctest::AssertData&) override {}
    void log_message(const doctest::MessageData&) override {}
    void test_case_skipped(const doctest::TestCaseData&) override {}

  private:
    std::ofstream file_;
    std::string name_;
    std::string file_tag_;
};

REGISTER_LISTENER("table", 1, TableWriter);

}  // namespace

Registered::Registered(const std::string& name, MakeBackend make) { registry()[name] = std::move(make); }

TestedBackend& backend() {
    if (!chosen) chosen = registry().at(chosen_name)();
    return *chosen;
}

const std::string& backend_name() { return chosen_name; }

void absent(const std::string& what) { absent_now += (absent_now.empty() ? "" : ", ") + what; }

}  // namespace leat::test

int main(int argc, char** argv) {
    using namespace leat::test;
    constexpr std::string_view kWord = "--backend=";
    for (int i = 1; i < argc; ++i) {
        if (std::string_view(argv[i]).starts_with(kWord)) chosen_name = argv[i] + kWord.size();
    }
    if (!registry().contains(chosen_name)) {
        std::cerr << "usage: conformance_suite --backend=NAME [doctest's options]; NAME is one of:";
        for (const auto& [name, make] : registry()) std::cerr << ' ' << name;
        std::cerr << std::endl;
        return 2;
    }
    doctest::Context context(argc, argv);
    const auto begin = std::chrono::steady_clock::now();
    (void)backend();  // its start is no case's time
    std::cout << "the broker is up after "
              << std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count() << " s" << std::endl;
    const int code = context.run();
    chosen.reset();
    return code;
}
