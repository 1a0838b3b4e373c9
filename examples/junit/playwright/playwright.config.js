module.exports = { reporter: [["junit", { outputFile: "report.xml" }]], retries: 1 };
