/**
 * Brings the results of JUnit reports to Jama Connect or ALM Octane.
 *
 *     jamaUpload reports: 'target/surefire-reports', credentialsId: 'jama-api'
 *
 * reports        The JUnit reports, files, folders or patterns; several as a list.
 * credentialsId  A credential of Jenkins, user name and password: client ID and client secret. Empty for none.
 * server         'jama', or 'octane'.
 * config         The settings file; without it jama.yaml is looked for in the working directory and above.
 * arguments      More arguments of junit-uploader, as a list: ['--strict', '--cycle=Night'].
 * package        What pip installs, such as 'pytest-jama==1.2.0'.
 * python         The Python to make an environment with, 3.10 or newer.
 *
 * Returns what later steps may want to know, by name: FAILED, PASSED, CYCLE_ID, CYCLE_URL, JOURNAL ...
 */
Map call(Map given) {
    String prefix = given.server == 'octane' ? 'OCTANE' : 'JAMA'
    String file = '.jama-outputs.properties'
    List variables = [
        "UPLOAD_REPORTS=${[given.reports].flatten().join('\n')}",
        "UPLOAD_CONFIG=${given.config ?: ''}",
        "UPLOAD_ARGUMENTS=${[given.arguments ?: []].flatten().join('\n')}",
        "UPLOAD_PACKAGE=${given.package ?: 'pytest-jama'}",
        "UPLOAD_PYTHON=${given.python ?: 'python3'}",
        "${prefix}_OUTPUTS=${pwd()}/${file}",
    ]
    List secrets = []
    if (given.credentialsId) {
        secrets = [usernamePassword(credentialsId: given.credentialsId,
            usernameVariable: "${prefix}_CLIENT_ID", passwordVariable: "${prefix}_CLIENT_SECRET")]
    }
    int status = 1
    try {
        withEnv(variables) {
            withCredentials(secrets) {
                // in single quotes: the shell fills in the variables, not Groovy
                status = sh(label: 'Report to Jama', returnStatus: true, script: '''
                    set -eu
                    rm -f .jama-outputs.properties
                    work=$(mktemp -d); venv=$work/venv
                    trap 'rm -rf "$work"' EXIT
                    "$UPLOAD_PYTHON" -m venv "$venv"
                    PATH="$venv/bin:$venv/Scripts:$PATH"
                    python -m pip install --quiet --disable-pip-version-check "$UPLOAD_PACKAGE"
                    IFS=$(printf '\\n+'); IFS=${IFS%+}; set -f  # a word is a line, whatever is in it
                    junit-uploader ${UPLOAD_CONFIG:+"--config=$UPLOAD_CONFIG"} $UPLOAD_ARGUMENTS -- $UPLOAD_REPORTS
                ''')
            }
        }
    } finally {
        archiveArtifacts artifacts: '.jama/**', allowEmptyArchive: true
    }
    Map values = fileExists(file) ? valuesOf(readFile(file), "${prefix}_SESSION_") : [:]
    if (values) {
        String link = values.CYCLE_URL ?: values.WORKSPACE_URL ?: ''
        String counts = "${values.FAILED} failed, ${values.PASSED} passed, ${values.NOT_SENT} not sent"
        currentBuild.description = [currentBuild.description, "Jama: ${counts} ${link}"].findAll().join('\n')
    }
    if (status != 0) {
        error "not everything was reported to Jama: junit-uploader ended with ${status}"
    }
    return values
}

private Map valuesOf(String text, String prefix) {
    Map values = [:]
    for (String line : text.split('\n')) {
        int at = line.indexOf('=')
        if (at > 0) {
            values[line.substring(0, at) - prefix] = line.substring(at + 1)
        }
    }
    return values
}
