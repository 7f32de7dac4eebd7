# Builds the MSI: packaging/windows/build.ps1 -Brand brand.toml -Out dist
# Never run where selfserve is tested; see README.md.
param([Parameter(Mandatory)][string]$Brand, [string]$Out = "dist")
$ErrorActionPreference = "Stop"
$words = python -m selfserve.packaging.frozen $Brand $Out | ConvertFrom-Json
wix build "$PSScriptRoot/selfserve.wxs" -arch x64 -o "$Out/$($words.package)-$($words.version).msi" `
    -d "Name=$($words.name)" -d "Publisher=$($words.publisher)" -d "Package=$($words.package)" `
    -d "Version=$($words.version)" -d "Scheme=$($words.scheme)" -d "UpgradeCode=$($words.upgrade_code)" `
    -d "Folder=$($words.folder)"
if ($LASTEXITCODE) { exit $LASTEXITCODE }
