module.exports = { outputDir: "evidence", reporter: [["junit", { outputFile: "report.xml" }]], retries: 1 };
