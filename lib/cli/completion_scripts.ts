/**
 * The completion scripts. They hand the words to `authsome __complete` and show its answer.
 *
 * @module
 */

/** Shells that completions exist for. */
export type Shell = "bash" | "zsh" | "fish" | "powershell";

/** The script for a shell to read. */
export function completionScript(shell: Shell): string {
  return SCRIPTS[shell];
}

/** Works with the bash 3.2 of macOS, which has no `compopt`. */
const BASH = `# authsome completions for bash
_authsome() {
  local line word=\${COMP_WORDS[COMP_CWORD]} words=("\${COMP_WORDS[@]:1:COMP_CWORD-1}")
  COMPREPLY=()
  while IFS= read -r line; do
    case $line in
      :files) _authsome_files "$word" ;;
      :command*)
        if declare -F _command_offset >/dev/null; then
          _command_offset $((\${line#:command } + 1))
        else
          _authsome_files "$word"
          [ "$COMP_CWORD" -gt $((\${line#:command } + 1)) ] ||
            while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen -c -- "$word")
        fi ;;
      *) COMPREPLY+=("\${line%%$'\\t'*}") ;;
    esac
  done < <(authsome __complete -- \${words[@]+"\${words[@]}"} ".$word" 2>/dev/null)
}
_authsome_files() {
  local line
  compopt -o filenames 2>/dev/null
  while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen -f -- "$1")
}
complete -F _authsome authsome
`;

/** Works when evaluated, and as a file `_authsome` in `fpath`. */
const ZSH = `#compdef authsome
# authsome completions for zsh
_authsome() {
  local line
  local -a candidates
  for line in "\${(@f)$(authsome __complete -- "\${(@)words[2,CURRENT-1]}" ".\${words[CURRENT]}" 2>/dev/null)}"; do
    case $line in
      '') ;;
      :files) _files; return ;;
      :command*)
        shift $((\${line#:command } + 1)) words
        CURRENT=$((CURRENT - \${line#:command } - 1))
        _normal
        return ;;
      *) candidates+=("\${\${line%%$'\\t'*}//:/\\\\:}:\${line#*$'\\t'}") ;;
    esac
  done
  (( $#candidates )) && _describe 'authsome' candidates
}
if [[ $funcstack[1] == _authsome ]]; then
  _authsome "$@"
elif (( $+functions[compdef] )); then
  compdef _authsome authsome
else
  autoload -Uz compinit && compinit && compdef _authsome authsome
fi
`;

const FISH = `# authsome completions for fish
function __authsome_complete
    set -l words (commandline -opc)
    set -l word (commandline -ct)
    for line in (authsome __complete -- $words[2..] ".$word" 2>/dev/null)
        if test "$line" = :files
            __fish_complete_path "$word"
        else if string match -q ':command *' -- $line
            set -l offset (string replace ':command ' '' -- $line)
            set -l rest (string escape -- $words[(math $offset + 2)..])
            complete -C "$rest $word"
        else
            echo $line
        end
    end
end
complete -c authsome -f -a '(__authsome_complete)'
`;

const POWERSHELL = `# authsome completions for PowerShell
Register-ArgumentCompleter -Native -CommandName authsome -ScriptBlock {
    param($word, $ast, $position)
    $words = @($ast.CommandElements | Select-Object -Skip 1 |
        Where-Object { $_.Extent.EndOffset -lt $position } | ForEach-Object { "$_" })
    authsome __complete '--' @words ".$word" 2>$null | ForEach-Object {
        if ($_ -eq ':files' -or $_.StartsWith(':command')) {
            [System.Management.Automation.CompletionCompleters]::CompleteFilename($word)
        } else {
            $value, $summary = $_ -split "\`t", 2
            if (-not $summary) { $summary = $value }
            [System.Management.Automation.CompletionResult]::new($value, $value, 'ParameterValue', $summary)
        }
    }
}
`;

const SCRIPTS: Readonly<Record<Shell, string>> = {
  bash: BASH,
  zsh: ZSH,
  fish: FISH,
  powershell: POWERSHELL,
};
