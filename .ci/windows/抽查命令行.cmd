@echo off
rem A window in which the command `choucha` is known.
cd /d "%USERPROFILE%\Documents"
cmd /k "set PATH=%LOCALAPPDATA%\choucha\Scripts;%PATH%&& choucha --help --lang zh"
