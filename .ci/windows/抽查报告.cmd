@echo off
rem Drop a village list (or a scenario file) on this file: the report is written beside it.
setlocal EnableExtensions
if "%~1"=="" (
  echo 请把村名单（Excel 或 CSV 文件）拖到这个图标上。
  pause
  exit /b 1
)
cd /d "%~dp1"
if exist "%~n1-抽查风险报告.docx" (
  echo 名单旁边已经有一份“%~n1-抽查风险报告”，没有覆盖。请先改名或移走，再拖一次。
  pause
  exit /b 1
)
"%LOCALAPPDATA%\choucha\Scripts\choucha.exe" report "%~1" --lang zh --to "%~n1-抽查风险报告.docx" --to "%~n1-抽查风险报告.html" --to "%~n1-抽查风险报告.xlsx"
pause
