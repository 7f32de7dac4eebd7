# Builds the MSI: packaging/windows/build.ps1 -Brand brand.toml -Out dist
# Never run where selfserve is tested; see README.md.
param([Parameter(Mandatory)][string]$Brand, [string]$Out = "dist")
$ErrorActionPreference = "Stop"
$told = python -m selfserve.packaging.frozen $Brand $Out
if ($LASTEXITCODE) { exit $LASTEXITCODE }
$words = $told | ConvertFrom-Json
wix build "$PSScriptRoot/selfserve.wxs" -arch x64 -o "$Out/$($words.package)-$($words.build).msi" `
    -d "Name=$($words.name)" -d "Publisher=$($words.publisher)" -d "Package=$($words.package)" -d "Id=$($words.id)" `
    -d "Build=$($words.build)" -d "Scheme=$($words.scheme)" -d "UpgradeCode=$($words.upgrade_code)" `
    -d "Autostart=$($words.autostart)" -d "Folder=$($words.folder)"
if ($LASTEXITCODE) { exit $LASTEXITCODE }
