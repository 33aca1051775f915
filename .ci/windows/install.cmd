@echo off
rem Installs Choucha for this user, without internet and without administrator rights.
setlocal EnableExtensions
cd /d "%~dp0"
set "PLACE=%LOCALAPPDATA%\choucha"
set "PY="
py -@PYTHON@ -c "import struct,sys; sys.exit(struct.calcsize('P') != 8)" >nul 2>nul && set "PY=py -@PYTHON@"
if not defined PY (
  python -c "import struct,sys; sys.exit('%%d.%%d' %% sys.version_info[:2] != '@PYTHON@' or struct.calcsize('P') != 8)" >nul 2>nul && set "PY=python"
)
if not defined PY if exist "%LOCALAPPDATA%\choucha-python\python.exe" set PY="%LOCALAPPDATA%\choucha-python\python.exe"
if not defined PY (
  rem An installer of Python that was put into this folder serves too; it installs for this user alone.
  for %%F in (python-@PYTHON@*-amd64.exe) do (
    echo 正在安装 Python @PYTHON@ ……
    "%%F" /quiet InstallAllUsers=0 PrependPath=0 Shortcuts=0 Include_launcher=0 TargetDir="%LOCALAPPDATA%\choucha-python"
    set PY="%LOCALAPPDATA%\choucha-python\python.exe"
  )
)
if not defined PY (
  echo 没有找到 64 位的 Python @PYTHON@。
  echo 请在能上网的电脑上下载 Windows 安装程序 python-@PYTHON@.x-amd64.exe，放进本文件夹，再运行一次。
  echo Python @PYTHON@ ^(64 bit^) was not found. Put its installer, python-@PYTHON@.x-amd64.exe, into this folder and run again.
  pause
  exit /b 1
)
echo 正在安装，约需一两分钟 …… Installing, a minute or two ...
%PY% -m venv --clear "%PLACE%" || goto failed
"%PLACE%\Scripts\python.exe" -m pip install --quiet --disable-pip-version-check --no-index --find-links wheels --require-hashes -r requirements.txt || goto failed
"%PLACE%\Scripts\python.exe" -m pip install --quiet --disable-pip-version-check --no-index --find-links wheels --no-deps choucha || goto failed
"%PLACE%\Scripts\choucha.exe" --version || goto failed
copy /y "抽查报告.cmd" "%USERPROFILE%\Desktop\" >nul 2>nul
copy /y "抽查命令行.cmd" "%USERPROFILE%\Desktop\" >nul 2>nul
echo.
echo 安装完成。把村名单拖到桌面的“抽查报告”上，就会在名单旁边写出报告。
echo Done. Drop a village list on the desktop's new icon, and a report is written beside it.
pause
exit /b 0

:failed
echo.
echo 安装没有完成，上面是原因。没有改动电脑上的其他任何东西；删去 %PLACE% 即恢复原样。
echo The installation did not finish; the reason stands above. Nothing else was changed; remove %PLACE% to undo it.
pause
exit /b 1
